import ArchiveCrypto
import ArchiveFormat
import Testing

struct WordsTests {
    /// From the proquint proposal (arXiv:0901.4016).
    @Test(
        "addresses have the words that the proposal gives",
        arguments: [
            ("lusab-babad", [127, 0, 0, 1]), ("gutih-tugad", [63, 84, 220, 193]), ("gutuk-bisog", [63, 118, 7, 35]),
            ("mudof-sakat", [140, 98, 193, 141]), ("haguz-biram", [64, 255, 6, 200]),
            ("mabiv-gibot", [128, 30, 52, 45]), ("natag-lisaf", [147, 67, 119, 2]),
            ("tibup-zujah", [212, 58, 253, 68]), ("tobog-higil", [216, 35, 68, 215]),
            ("todah-vobij", [216, 68, 232, 21]), ("sinid-makam", [198, 81, 129, 136]),
            ("budov-kuras", [12, 110, 110, 204]),
        ] as [(String, [UInt8])]
    )
    func published(_ words: String, _ address: [UInt8]) throws {
        #expect(text(address.withUnsafeBytes { Words.encode($0) }) == words)
        #expect(try decode(words, 4) == address)
    }

    @Test(
        "readers ignore case and take blanks, line ends and hyphens",
        arguments: [
            "LUSAB-babad", " lusab  babad\n", "lusab\r\nbabad", "--Lusab -\tBabad--",
        ]
    )
    func lenient(_ words: String) throws {
        #expect(try decode(words, 4) == [127, 0, 0, 1])
    }

    @Test("a mistyped word is named by its position")
    func mistyped() {
        #expect(throws: CryptoError.badKeyText(.word(2))) { try decode("lusab-babed", 4) }
        #expect(throws: CryptoError.badKeyText(.word(1))) { try decode("lusa-babad", 4) }
        #expect(throws: CryptoError.badKeyText(.word(2))) { try decode("lusab-baba", 4) }
        #expect(throws: CryptoError.badKeyText(.word(1))) { try decode("lusabbabad", 4) }
        #expect(throws: CryptoError.badKeyText(.wordCount(1))) { try decode("lusab", 4) }
        #expect(throws: CryptoError.badKeyText(.wordCount(3))) { try decode("lusab-babad-babad", 4) }
        #expect(throws: CryptoError.badKeyText(.wordCount(0))) { try decode("", 4) }
        #expect(throws: CryptoError.badKeyText(.word(1))) { try decode("lüsab-babad", 4) }
    }

    @Test("an archive id is shown as the words of its first 16 bytes")
    func short() {
        #expect(Words.short(referenceArchive) == ReferenceVectors.archiveWords)
        #expect(Words.short(referenceArchive).split(separator: "-").count == 8)
    }

    func decode(_ words: String, _ count: Int) throws -> [UInt8] {
        try Array(words.utf8).withUnsafeBytes { reveal(try Words.decode($0, byteCount: count)) }
    }
}

struct RecoveryCodeTests {
    @Test("the code is that of an independent program, 18 words, and gives the secret back")
    func reference() throws {
        let code = text(RecoveryCode.encode(referenceRoot))
        #expect(code == ReferenceVectors.recoveryCode)
        #expect(code.split(separator: "-").count == 18)
        #expect(try decode(code).equals(referenceRoot))
        #expect(try decode(code.uppercased().split(separator: "-").joined(separator: "\n")).equals(referenceRoot))
    }

    @Test("any one wrong letter that makes a word still is found by the checksum")
    func checksum() {
        let code = Array(ReferenceVectors.recoveryCode.utf8)
        for index in stride(from: 1, to: code.count, by: 6) {
            var wrong = code
            wrong[index] = wrong[index] == 0x61 ? 0x69 : 0x61
            #expect(throws: CryptoError.badKeyText(.checksum)) {
                try wrong.withUnsafeBytes { try RecoveryCode.decode($0) }
            }
        }
    }

    func decode(_ code: String) throws -> SecretBytes {
        try Array(code.utf8).withUnsafeBytes { try RecoveryCode.decode($0) }
    }
}

struct KeyTextTests {
    static let texts: [(KeyText, String, [UInt8])] = [
        (.keyFile, ReferenceVectors.keyFileText, Array(64..<96)),
        (.identity, ReferenceVectors.identityText, Array(32..<64)),
        (.recipient, ReferenceVectors.recipientText, X25519.publicKey(of: secret(Array(32..<64))).array),
        (.credential, ReferenceVectors.credentialText, hex("8183021903e81903e9")),
    ]

    @Test("texts are those of an independent program", arguments: 0..<4)
    func reference(_ index: Int) throws {
        let (kind, expected, bytes) = Self.texts[index]
        #expect(text(bytes.withUnsafeBytes { kind.encode($0) }) == expected + "\n")
        for lineEnd in ["\n", "\r\n", ""] {
            #expect(try decode(kind, expected + lineEnd) == bytes)
        }
    }

    @Test("a text of another kind, form or checksum is E015")
    func refused() {
        let good = ReferenceVectors.keyFileText
        #expect(throws: CryptoError.badKeyText(.prefix)) { try decode(.identity, good) }
        #expect(throws: CryptoError.badKeyText(.prefix)) { try decode(.keyFile, "") }
        #expect(throws: CryptoError.badKeyText(.prefix)) { try decode(.keyFile, " " + good) }
        #expect(throws: CryptoError.badKeyText(.digits)) { try decode(.keyFile, good + "\n\n") }
        #expect(throws: CryptoError.badKeyText(.digits)) { try decode(.keyFile, good + "00") }
        #expect(throws: CryptoError.badKeyText(.digits)) { try decode(.keyFile, String(good.dropLast(2))) }
        #expect(throws: CryptoError.badKeyText(.digits)) { try decode(.keyFile, "portable-archive-key-1:") }
        #expect(throws: CryptoError.badKeyText(.digits)) {
            try decode(.keyFile, String(good.prefix(23)) + good.dropFirst(23).uppercased())
        }
        #expect(throws: CryptoError.badKeyText(.checksum)) {
            try decode(.keyFile, String(good.dropLast()) + (good.last == "0" ? "1" : "0"))
        }
        let long = "portable-archive-credential-1:" + String(repeating: "0", count: 2 * 2053)
        #expect(throws: CryptoError.badKeyText(.digits)) { try decode(.credential, long) }
    }

    func decode(_ kind: KeyText, _ text: String) throws -> [UInt8] {
        try Array(text.utf8).withUnsafeBytes { reveal(try kind.decode($0)) }
    }
}

/// The text that secret bytes hold.
private func text(_ bytes: SecretBytes) -> String { String(decoding: reveal(bytes), as: UTF8.self) }
