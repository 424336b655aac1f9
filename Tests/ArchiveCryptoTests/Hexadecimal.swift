import ArchiveCrypto
import ArchiveFormat

/// The bytes of hexadecimal digits; blanks are skipped.
func hex(_ text: String) -> [UInt8] {
    bytes(hexadecimal: text.utf8.filter { $0 != 0x20 && $0 != 0x0A }) ?? []
}

func bytes32(_ text: String) -> Bytes32 { Bytes32(hex(text)) ?? Bytes32.zero }

func secret(_ text: String) -> SecretBytes { secret(hex(text)) }

func secret(_ bytes: [UInt8]) -> SecretBytes { bytes.withUnsafeBytes { SecretBytes(copying: $0) } }

/// The bytes of a secret, to compare in a test.
func reveal(_ secret: SecretBytes) -> [UInt8] { secret.withUnsafeBytes { Array($0) } }

let zeroToThirtyOne = secret(Array(0..<32))
