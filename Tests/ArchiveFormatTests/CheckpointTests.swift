import ArchiveFormat
import Testing

@Suite("checkpoints")
struct CheckpointTests {
    /// A checkpoint of an empty state, the third key of which is given (Spec/schema.cddl, `checkpoint` and `state`).
    private func file(lastKeyOfState key: Int, more: Int? = nil) -> [UInt8] {
        var writer = CBORWriter()
        writer.map(4)
        writer.key(0)
        writer.unsigned(UInt8(1))
        writer.key(1)
        writer.data(Bytes32.zero)
        writer.key(2)
        writer.unsigned(UInt8(1))
        writer.key(3)
        writer.map(more == nil ? 3 : 4)
        for key in [0, 1, key, more] {
            guard let key else { continue }
            writer.key(key)
            writer.array(0)
        }
        return Array("PARCHTAB".utf8) + writer.bytes
    }

    private func code(_ file: [UInt8]) -> ArchiveCode? {
        file.withUnsafeBytes { raw in
            do throws(FormatError) {
                _ = try Checkpoint(parsing: raw)
                return nil
            } catch {
                return error.code
            }
        }
    }

    @Test("a negative key that nobody knows is read over")
    func extensionKey() { #expect(code(file(lastKeyOfState: 2, more: -9)) == nil) }

    @Test("a negative key does not stand in for one that is missing")
    func missingKey() { #expect(code(file(lastKeyOfState: -9)) == .cborSchema) }
}
