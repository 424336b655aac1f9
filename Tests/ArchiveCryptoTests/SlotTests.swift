import ArchiveCrypto
import ArchiveFormat
import Testing

struct SlotTests {
    static let root = RootKeys(rootSecret: referenceRoot)
    static let keyFile = secret(Array(64..<96))
    static let identity = secret(Array(32..<64))
    static let cheap = Argon2Cost(memoryKiB: 8, passes: 1)
    static let slots = [
        ReferenceVectors.passphraseSlot, ReferenceVectors.keyFileSlot, ReferenceVectors.bothSlot,
        ReferenceVectors.recipientSlot,
    ].map { hex($0) }

    static func unlock(
        _ slots: [[UInt8]],
        _ secret: UnlockSecret,
        caps: Argon2Cost = .most,
        keys: RootKeys = root
    ) throws -> Unlocked {
        try Slot.unlock(
            slots,
            with: secret,
            rootSigningKey: keys.signing.publicKey,
            contentKey: keys.read.contentKey,
            caps: caps
        )
    }

    @Test(
        "a passphrase slot of an independent program opens, however the passphrase is composed",
        arguments: [
            "caf\u{E9} \u{C5} \u{AC01} \u{915}\u{93C}",
            "cafe\u{301} \u{212B} \u{1100}\u{1161}\u{11A8} \u{958}",
            "caf\u{E9} A\u{30A} \u{AC00}\u{11A8} \u{958}",
        ]
    )
    func passphrase(_ text: String) throws {
        let unlocked = try Self.unlock(Self.slots, .passphrase(Passphrase(text)))
        #expect(unlocked.slotID == 1)
        #expect(unlocked.access.root?.rootSecret.equals(referenceRoot) == true)
        let utf8 = try #require(Array(text.utf8).withUnsafeBytes { Passphrase(utf8: $0) })
        #expect(try Self.unlock(Self.slots, .passphrase(utf8)).slotID == 1)
    }

    @Test("slots of the other kinds of an independent program open")
    func otherKinds() throws {
        let byFile = try Self.unlock(Self.slots, .keyFile(Self.keyFile))
        #expect(byFile.slotID == 2)
        #expect(byFile.access.root == nil)
        #expect(byFile.access.read.readSecret.equals(Self.root.read.readSecret))
        #expect(try Self.unlock(Self.slots, .both(Passphrase("correct horse"), Self.keyFile)).slotID == 3)
        let byIdentity = try Self.unlock(Self.slots, .identity(Self.identity))
        #expect(byIdentity.slotID == 4)
        #expect(byIdentity.access.rights == .readOnly)
        let byRoot = try Self.unlock([], .rootSecret(referenceRoot))
        #expect(byRoot.slotID == nil)
        #expect(byRoot.access.rights == .all)
    }

    @Test("labels of an independent program open, of slots and of writers")
    func labels() {
        for slot in Self.slots {
            let label = slot.withUnsafeBytes { Self.root.read.openSlotLabel($0, archiveID: referenceArchive) }
            #expect(label?.text == "Grüße, Schlüssel 1")
        }
        let sealed = hex(ReferenceVectors.writerLabel)
        let label = sealed.withUnsafeBytes {
            Self.root.read.openWriterLabel(
                $0,
                archiveID: referenceArchive,
                writerKey: Self.root.writer.publicKey
            )
        }
        #expect(label?.text == "laptop")
    }

    @Test("a wrong secret of any kind is one and the same E004")
    func wrong() {
        let secrets: [UnlockSecret] = [
            .passphrase(Passphrase("cafe")), .passphrase(Passphrase("")), .keyFile(.random()), .keyFile(.random(31)),
            .both(Passphrase("correct horse"), .random()), .both(Passphrase("correct"), Self.keyFile),
            .identity(.random()), .identity(.random(33)), .rootSecret(.random()), .rootSecret(.random(16)),
        ]
        for secret in secrets {
            #expect(throws: CryptoError.secretDoesNotOpen) { try Self.unlock(Self.slots, secret) }
            #expect(throws: CryptoError.secretDoesNotOpen) { try Self.unlock([], secret) }
        }
    }

    @Test("a secret whose keys are not those of the header is E004")
    func otherHeader() {
        #expect(throws: CryptoError.secretDoesNotOpen) {
            try Self.unlock(Self.slots, .keyFile(Self.keyFile), keys: .random())
        }
        #expect(throws: CryptoError.secretDoesNotOpen) {
            try Self.unlock([], .rootSecret(referenceRoot), keys: .random())
        }
    }

    @Test("a changed byte anywhere but in the label's seal makes a slot that does not open", arguments: 0..<288)
    func tampered(_ index: Int) {
        var slot = Self.slots[1]
        slot[index] ^= 1
        if (168..<272).contains(index) {
            #expect(throws: Never.self) { try Self.unlock([slot], .keyFile(Self.keyFile)) }
            let label = slot.withUnsafeBytes { Self.root.read.openSlotLabel($0, archiveID: referenceArchive) }
            #expect(label == nil)
        } else {
            #expect(throws: CryptoError.self) { try Self.unlock([slot], .keyFile(Self.keyFile)) }
        }
    }

    @Test("rights cannot be raised by hand")
    func rights() {
        var slot = Self.slots[1]
        slot[1] = 0
        #expect(throws: CryptoError.secretDoesNotOpen) { try Self.unlock([slot], .keyFile(Self.keyFile)) }
    }

    @Test("a slot over the caps is E011 unless another one opens")
    func caps() throws {
        let passphrase = Passphrase("correct horse")
        let dear = try Self.seal(.passphrase(passphrase, Argon2Cost(memoryKiB: 64, passes: 2)), id: 10)
        let cheap = try Self.seal(.passphrase(passphrase, Self.cheap), id: 11)
        #expect(throws: CryptoError.costlySlot(memoryKiB: 64, passes: 2)) {
            try Self.unlock([dear], .passphrase(passphrase), caps: Self.cheap)
        }
        #expect(try Self.unlock([dear, cheap], .passphrase(passphrase), caps: Self.cheap).slotID == 11)
        #expect(throws: CryptoError.costlySlot(memoryKiB: 64, passes: 2)) {
            try Self.unlock([dear, cheap], .passphrase(Passphrase("wrong")), caps: Self.cheap)
        }
    }

    @Test("a cost out of the format's range, or a bad recipient, makes no slot")
    func refusedProtection() {
        let passphrase = Passphrase("p")
        for cost in [(7, 1), (1_048_577, 1), (8, 0), (8, 11)] as [(UInt32, UInt32)] {
            #expect(throws: CryptoError.slot) {
                try Self.seal(.passphrase(passphrase, Argon2Cost(memoryKiB: cost.0, passes: cost.1)), id: 1)
            }
        }
        #expect(throws: CryptoError.self) { try Self.seal(.recipient(.zero), id: 1) }
        #expect(throws: CryptoError.self) { try Self.seal(.keyFile(.random(16)), id: 1) }
    }

    static func seal(_ protection: SlotProtection, id: UInt32, access: Access = .all(root)) throws -> [UInt8] {
        try Slot.seal(
            access,
            protection: protection,
            archiveID: referenceArchive,
            slotID: id,
            created: 1_800_000_059,
            label: try #require(ShortLabel("a label"))
        )
    }

    @Test("a slot of our own opens with its secret and is well formed", arguments: [false, true])
    func roundTrip(_ readOnly: Bool) throws {
        let access: Access = readOnly ? .readOnly(Self.root.read) : .all(Self.root)
        let passphrase = Passphrase("Pässwörd")
        let pairs: [(SlotProtection, UnlockSecret)] = [
            (.passphrase(passphrase, Self.cheap), .passphrase(passphrase)),
            (.keyFile(Self.keyFile), .keyFile(Self.keyFile)),
            (.both(passphrase, Self.keyFile, Self.cheap), .both(passphrase, Self.keyFile)),
            (.recipient(X25519.publicKey(of: Self.identity)), .identity(Self.identity)),
        ]
        for (index, (protection, secret)) in pairs.enumerated() {
            let slot = try Self.seal(protection, id: UInt32(index) + 20, access: access)
            let layout = try slot.withUnsafeBytes { try SlotLayout(parsing: $0) }
            #expect(layout.created == 1_800_000_000 - 1_800_000_000 % 60)
            #expect(layout.rights == access.rights)
            let unlocked = try Self.unlock([slot], secret)
            #expect(unlocked.slotID == UInt32(index) + 20)
            #expect(unlocked.access.rights == access.rights)
            let label = slot.withUnsafeBytes { Self.root.read.openSlotLabel($0, archiveID: referenceArchive) }
            #expect(label?.text == "a label")
        }
    }

    @Test("a label is at most 64 bytes, without zero bytes")
    func labelLimits() {
        #expect(ShortLabel(String(repeating: "a", count: 64)) != nil)
        #expect(ShortLabel(String(repeating: "a", count: 65)) == nil)
        #expect(ShortLabel(String(repeating: "ä", count: 33)) == nil)
        #expect(ShortLabel("a\0b") == nil)
        #expect(ShortLabel("") != nil)
    }

    @Test("bytes that are not UTF-8 are no passphrase")
    func notUTF8() {
        #expect([0x61, 0xFF].withUnsafeBytes { Passphrase(utf8: $0) } == nil)
        #expect([0xC3, 0x28].withUnsafeBytes { Passphrase(utf8: $0) } == nil)
    }
}
