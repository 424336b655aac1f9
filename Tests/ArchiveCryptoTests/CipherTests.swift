import ArchiveCrypto
import ArchiveFormat
import Testing

struct XChaChaTests {
    /// draft-irtf-cfrg-xchacha-03, appendix A.3.1.
    static let text = Array(
        ("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for "
            + "the future, sunscreen would be it.").utf8
    )
    static let key = secret(Array(0x80...0x9F))
    static let nonce: [UInt8] = Array(0x40...0x57)
    static let data = hex("50515253c0c1c2c3c4c5c6c7")
    static let sealed = hex(
        """
        bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb
        731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452
        2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9
        21f9664c97637da9768812f615c68b13b52e
        c0875924c1c7987947deafd8780acf49
        """
    )

    @Test("sealing gives the text and tag of the draft, and opening gives the text back")
    func draft() {
        var buffer = Self.text + [UInt8](repeating: 0, count: 16)
        Self.seal(&buffer)
        #expect(buffer == Self.sealed)
        #expect(Self.open(&buffer))
        #expect(Array(buffer.dropLast(16)) == Self.text)
    }

    @Test("a single changed bit anywhere does not open", arguments: [0, 50, 113, 114, 129])
    func tampered(_ index: Int) {
        var buffer = Self.sealed
        buffer[index] ^= 1
        #expect(!Self.open(&buffer))
        #expect(!buffer.starts(with: Self.text.prefix(8)))
    }

    @Test("other additional data, another nonce or a text shorter than its tag does not open")
    func other() {
        var buffer = Self.sealed
        #expect(!Self.open(&buffer, data: Self.data + [0]))
        buffer = Self.sealed
        #expect(!Self.open(&buffer, nonce: Array(0x41...0x58)))
        var short = [UInt8](repeating: 0, count: 15)
        #expect(!Self.open(&short))
    }

    static func seal(_ buffer: inout [UInt8]) {
        buffer.withUnsafeMutableBytes { buffer in
            nonce.withUnsafeBytes { nonce in
                data.withUnsafeBytes { data in
                    XChaCha20Poly1305.seal(inPlace: buffer, nonce: nonce, additionalData: data, key: key)
                }
            }
        }
    }

    static func open(_ buffer: inout [UInt8], data: [UInt8] = data, nonce: [UInt8] = nonce) -> Bool {
        buffer.withUnsafeMutableBytes { buffer in
            nonce.withUnsafeBytes { nonce in
                data.withUnsafeBytes { data in
                    XChaCha20Poly1305.open(inPlace: buffer, nonce: nonce, additionalData: data, key: key)
                }
            }
        }
    }
}

struct X25519Tests {
    @Test(
        "a shared secret is that of RFC 7748, section 5.2",
        arguments: [
            (
                "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
                "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
                "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"
            ),
            (
                "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
                "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
                "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"
            ),
        ]
    )
    func rfc7748(_ scalar: String, _ point: String, _ shared: String) throws {
        let found = try #require(X25519.shared(secret: secret(scalar), publicKey: bytes32(point)))
        #expect(hexadecimal(reveal(found)) == shared)
    }

    @Test("both sides of the exchange of RFC 7748, section 6.1, get the same secret")
    func exchange() throws {
        let alice = secret("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
        let bob = secret("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
        let alicePublic = bytes32("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
        let bobPublic = bytes32("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
        #expect(X25519.publicKey(of: alice) == alicePublic)
        #expect(X25519.publicKey(of: bob) == bobPublic)
        let one = try #require(X25519.shared(secret: alice, publicKey: bobPublic))
        let two = try #require(X25519.shared(secret: bob, publicKey: alicePublic))
        #expect(reveal(one) == hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"))
        #expect(one.equals(two))
    }

    /// The u-coordinates of small order (Curve25519 and its twist), with their encodings that are not canonical.
    static let smallOrder = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0100000000000000000000000000000000000000000000000000000000000080",
    ]

    @Test("a key of small order is refused", arguments: smallOrder)
    func refused(_ point: String) {
        #expect(!X25519.isAcceptable(bytes32(point)))
        #expect(X25519.shared(secret: .random(), publicKey: bytes32(point)) == nil)
    }

    @Test("the base point and an ordinary key are accepted")
    func accepted() {
        #expect(X25519.isAcceptable(bytes32("0900000000000000000000000000000000000000000000000000000000000000")))
        #expect(X25519.isAcceptable(X25519.publicKey(of: .random())))
    }
}
