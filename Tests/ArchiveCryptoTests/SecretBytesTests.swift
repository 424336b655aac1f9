import ArchiveCrypto
import Testing

struct SecretBytesTests {
    @Test("a secret is never printed, in no way of printing")
    func printing() {
        let secret = SecretBytes.random()
        #expect("\(secret)" == "…")
        #expect(String(reflecting: secret) == "…")
        #expect(String(describing: [secret]) == "[…]")
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!dumped.contains("0x"))
    }

    @Test("secrets are equal when all their bytes are")
    func equality() {
        #expect(secret("0102").equals(secret("0102")))
        #expect(!secret("0102").equals(secret("0103")))
        #expect(!secret("0102").equals(secret("010203")))
        #expect(secret("").equals(secret("")))
    }

    @Test("taking over an array wipes it")
    func wiping() {
        var bytes: [UInt8] = [1, 2, 3]
        let secret = SecretBytes(wiping: &bytes)
        #expect(bytes == [0, 0, 0])
        #expect(reveal(secret) == [1, 2, 3])
    }

    @Test("random secrets differ")
    func random() {
        #expect(!SecretBytes.random().equals(.random()))
    }

    @Test("ten thousand secrets at once are no trouble")
    func many() {
        let secrets = (0..<10_000).map { _ in SecretBytes.random() }
        #expect(secrets.count == 10_000)
    }
}
