import MailFormats
@testable import OutlookFormats
import Testing

@Suite("Damaged MSG files", .enabled(if: OutlookCorpora.isThere))
struct MsgDamageTests {
    static let files = MsgGoldenTests.golden.filter { $0[1] == "0" && !$0[0].contains("clusterfuzz") }.map { $0[0] }

    @Test("are refused, or what they lack is told", arguments: files)
    func told(_ file: String) throws {
        let bytes = OutlookCorpora.bytes(file)
        let whole = Shape(try MsgReader.read(MemoryByteSource(bytes)))
        let isLarge = bytes.count > 200_000
        let cuts = Damage.cuts(bytes, Damage.isFull ? 20 : isLarge ? 2 : 5)
        let changes = Damage.changes(bytes, Damage.isFull ? 200 : isLarge ? 1 : 5)
        for damaged in cuts + changes {
            do throws(OutlookError) {
                let message = try MsgReader.read(MemoryByteSource(damaged))
                let shape = Shape(message)
                // The format has no checksums: a number that became another one shows nowhere.
                if message.allLosses.isEmpty { #expect(shape.isNearly(whole)) }
            } catch {
                _ = error
            }
            _ = try? MsgReader.recognises(MemoryByteSource(damaged))
        }
        for cut in cuts {
            if let message = try? MsgReader.read(MemoryByteSource(cut)) { #expect(!message.allLosses.isEmpty) }
        }
    }

    /// What a message has, in numbers.
    struct Shape: Equatable {
        var recipients = 0
        var attachments = 0
        var contents = 0
        var properties = 0
        var bytes = 0

        init(_ message: MapiMessage) { add(message) }

        /// Whether nothing is missing but what one small value of another type may lack.
        func isNearly(_ whole: Shape) -> Bool {
            recipients == whole.recipients && attachments == whole.attachments && contents == whole.contents
                && properties >= whole.properties && bytes + 8 >= whole.bytes
        }

        private mutating func add(_ message: MapiMessage) {
            add(message.properties)
            recipients += message.recipients.count
            message.recipients.forEach { add($0) }
            attachments += message.attachments.count
            for attachment in message.attachments {
                add(attachment.properties)
                switch attachment.content {
                case .none: break
                case .data(let value):
                    contents += 1
                    bytes += value.all.count
                case .message(let inner):
                    contents += 1
                    add(inner)
                }
            }
        }

        private mutating func add(_ bag: PropertyBag) {
            properties += bag.properties.count
            for property in bag.properties { for value in property.values { bytes += value.all.count } }
        }
    }
}
