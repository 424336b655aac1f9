import ArchiveCrypto
import ArchiveFormat
import Testing

/// Expected values without a source named beside them were computed with Python's hashlib.
struct HashTests {
    @Test("BLAKE2b-512 of abc is that of RFC 7693, appendix A")
    func rfc7693() {
        var hasher = Blake2b(byteCount: 64)
        hasher.update(Array("abc".utf8))
        var out = [UInt8](repeating: 0, count: 64)
        out.withUnsafeMutableBytes { hasher.finish(into: $0) }
        #expect(
            hexadecimal(out) == "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
                + "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"
        )
    }

    @Test("the 32-byte hash is the same in one go, in pieces and with a key in both ways")
    func pieces() {
        let hello = Array("hello".utf8)
        #expect(Blake2b.hash(hello).hex == "324dcf027dd4a30a932c441f365a25e86b173defa4b8e58948253471b81b72cf")
        let keyed = hello.withUnsafeBytes { Blake2b.keyed(zeroToThirtyOne, $0) }
        #expect(keyed.hex == "bc2cf927f9ed52cc29116e6a5cfdbdf96a7250f85db66887b13652596bf40d61")
        var hasher = Blake2b(key: zeroToThirtyOne)
        hasher.update(Array("hel".utf8))
        _ = hasher.current()
        hasher.update(Array("lo".utf8))
        #expect(hasher.current() == keyed)
        #expect(hasher.finish() == keyed)
        hasher.restart()
        hasher.update(hello)
        #expect(hasher.finish() == Blake2b.hash(hello))
    }

    @Test("a label is the format's name, the label's name and a zero byte")
    func label() {
        #expect(Label.header.bytes.count == 26)
        #expect(Label.header.bytes == Array("portable-archive/1 header\0".utf8))
    }

    @Test("derived keys are those of an independent computation")
    func derive() {
        #expect(
            reveal(Blake2b.derive(zeroToThirtyOne, .psk))
                == hex("22165583329c373a1e5fbdf3b1036a24ca4b1b25d68278c65fd2c57f7c7f471c")
        )
        let long = Blake2b.derive64(zeroToThirtyOne, .slotKeyFile) { $0.update(Array("abc".utf8)) }
        #expect(
            reveal(long)
                == hex(
                    "5e6bce84b37b24b0cf7e54a72324c3897526b94e632be912d6fcc86542f9b5bc"
                        + "9e8f01ae33efe42c342e87ef655de6cb147d8ea28dde4599665c070024b28e55"
                )
        )
    }
}

struct TreeHasherTests {
    static let roots: [(Int, String)] = [
        (0, "f7b1ba7f9618366193ada7cf4bb9904c175eab3003dea721d245fd0136b45eee"),
        (1, "2c0197789b0b0640ea4d86b0ec49ad89ca111edd2308aa28e84eb0bc7286d8bc"),
        (65535, "9aec25760b7273f73148e07fb1b0de29dfb7a0e56719f530689cba6d45b86804"),
        (65536, "f4c4b75eff26aa1bd49f14de2f948e1f12cd52a48d68449e7afb7508cbc6c6af"),
        (65537, "56ce9b03394dafeedbdc6de028656f5db42b61c2627eb2fb9ce6dcff34e810a2"),
        (131072, "2930fa085684d3a448acd5f38ab1e4e2e10c4b0092c7ba49df7d0d8433a0c94d"),
        (200000, "3806dabb866547061c40a8634b1550c5f4a2712ae77e616a8c1e4cd518a31b65"),
    ]

    static func pattern(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 256 * 13 + 1) }
    }

    @Test("the root of n bytes is that of an independent computation", arguments: roots)
    func known(_ count: Int, _ root: String) {
        Self.pattern(count).withUnsafeBytes { #expect(TreeHasher.root(of: $0).hex == root) }
    }

    @Test("the root so far is right after each piece, whatever the pieces", arguments: [1000, 4096, 65_536, 70_001])
    func pieces(_ step: Int) {
        let bytes = Self.pattern(200_000)
        bytes.withUnsafeBytes { all in
            var hasher = TreeHasher()
            var offset = 0
            while offset < all.count {
                let count = min(step, all.count - offset)
                hasher.update(all.slice(offset, count))
                offset += count
                guard offset % 5 == 0 || offset > 190_000 else { continue }
                #expect(hasher.root() == TreeHasher.root(of: all.slice(0, offset)))
                #expect(hasher.byteCount == UInt64(offset))
            }
            #expect(hasher.root().hex == Self.roots[6].1)
        }
    }

    @Test("leaves computed elsewhere give the same root, and hashing goes on behind them")
    func leaves() {
        Self.pattern(200_000).withUnsafeBytes { all in
            let leaves = [0, 65_536, 131_072].map { TreeHasher.leaf(of: all.slice($0, 65_536)) }
            var hasher = TreeHasher(leaves: Array(leaves[..<2]))
            hasher.append(leaf: leaves[2])
            hasher.update(all.slice(196_608, 200_000 - 196_608))
            #expect(hasher.root().hex == Self.roots[6].1)
            let last = TreeHasher.leaf(of: all.slice(196_608, 200_000 - 196_608))
            #expect(TreeHasher.root(byteCount: 200_000, leaves: leaves + [last]).hex == Self.roots[6].1)
        }
    }
}
