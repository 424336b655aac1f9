import ArchiveCrypto
import ArchiveFormat
import Testing

struct Ed25519Tests {
    /// RFC 8032, section 7.1: tests 1, 2, 3 and SHA(abc).
    static let rfc8032: [(seed: String, key: String, message: String, signature: String)] = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
                + "d25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
                + "387b2eaeb4302aeeb00d291612bb0c00"
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
                + "4a7c15e9716ed28dc027beceea1ec40a"
        ),
        (
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
                + "3dca179c138ac17ad9bef1177331a704"
        ),
    ]

    @Test("key, signature and verification are those of RFC 8032", arguments: 0..<4)
    func rfc(_ index: Int) {
        let vector = Self.rfc8032[index]
        let key = SigningKey(seed: secret(vector.seed))
        #expect(key.publicKey.hex == vector.key)
        #expect(Ed25519.isAcceptable(key.publicKey))
        let message = hex(vector.message)
        let signature = message.withUnsafeBytes { key.sign(message: $0) }
        #expect(hexadecimal(signature) == vector.signature)
        #expect(Self.verify(signature, message, key.publicKey))
        #expect(!Self.verify(signature, message + [0], key.publicKey))
        #expect(!Self.verify(Array(signature.dropLast()), message, key.publicKey))
    }

    @Test("verification is strict in the cases of Taming the many EdDSAs", arguments: EdgeSignatures.taming)
    func taming(_ edge: EdgeSignatures.Case) {
        #expect(Self.verify(hex(edge.signature), hex(edge.message), bytes32(edge.key)) == edge.isGood)
    }

    @Test("verification is strict for odd encodings of points", arguments: EdgeSignatures.pointEncodings)
    func pointEncodings(_ edge: EdgeSignatures.Case) {
        #expect(Self.verify(hex(edge.signature), Array(edge.message.utf8), bytes32(edge.key)) == edge.isGood)
    }

    @Test("S plus the group order is refused, which the equation alone would accept")
    func malleable() {
        let vector = Self.rfc8032[1]
        var signature = hex(vector.signature)
        let order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        var carry = 0
        for index in 0..<32 {
            let sum = Int(signature[32 + index]) + Int(order[index]) + carry
            signature[32 + index] = UInt8(sum & 0xFF)
            carry = sum >> 8
        }
        #expect(carry == 0)
        #expect(!Self.verify(signature, hex(vector.message), bytes32(vector.key)))
    }

    /// All encodings of points of small order (C2SP), and some that are no canonical point.
    @Test(
        "a key of small order, not canonical or not on the curve is not acceptable",
        arguments: [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000080",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000080",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            // y = 3 + p: another encoding of y = 3, which is a point of great order.
            "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            // y = 2 is the coordinate of no point.
            "0200000000000000000000000000000000000000000000000000000000000000",
        ]
    )
    func unacceptable(_ key: String) {
        #expect(!Ed25519.isAcceptable(bytes32(key)))
    }

    @Test("a signature is bound to its label and archive")
    func bound() throws {
        let key = SigningKey.random()
        let archive = Random.bytes32()
        let signature = key.sign(.commit, archiveID: archive, body: [1, 2, 3])
        let body: [UInt8] = [1, 2, 3]
        func check(_ label: Label, _ archiveID: Bytes32) -> Bool {
            signature.withUnsafeBytes { signature in
                body.withUnsafeBytes {
                    Ed25519.verify(
                        signature: signature,
                        label: label,
                        archiveID: archiveID,
                        body: $0,
                        key: key.publicKey
                    )
                }
            }
        }
        #expect(check(.commit, archive))
        #expect(!check(.header, archive))
        #expect(!check(.commit, Random.bytes32()))
        #expect(Self.verify(signature, Label.commit.bytes + archive.array + body, key.publicKey))
    }

    @Test("signed CBOR opens with its key and label only, else E402")
    func signedBytes() throws {
        let key = SigningKey.random()
        let archive = Random.bytes32()
        let signed = Signed.sign([0xA0], .certificate, archiveID: archive, by: key)
        #expect(signed.count == 65)
        func open(_ bytes: ArraySlice<UInt8>, _ label: Label) throws -> [UInt8] {
            try bytes.withUnsafeBytes { bytes in
                Array(try Signed.open(bytes, label, archiveID: archive, key: key.publicKey))
            }
        }
        #expect(try open(signed[...], .certificate) == [0xA0])
        #expect(throws: CryptoError.certificate) { try open(signed[...], .revocation) }
        #expect(throws: CryptoError.certificate) { try open(signed[1...], .certificate) }
    }

    static func verify(_ signature: [UInt8], _ message: [UInt8], _ key: Bytes32) -> Bool {
        signature.withUnsafeBytes { signature in
            message.withUnsafeBytes { Ed25519.verify(signature: signature, message: $0, key: key) }
        }
    }
}
