import ArchiveStorage
import Foundation
import OutlookFormats
import Testing

@testable import ArchiveSources

@Suite("PST and OST", .enabled(if: PstCorpus.canRead))
struct PstReaderTests {
    @Test("each folder of a store gives as many items as it says it has", arguments: PstCorpus.files)
    func counts(_ url: URL) throws {
        let content = try PstContent(SourceFile(path: url.path))
        #expect(content.error == nil)
        #expect(content.failures.isEmpty)
        var found: [String: UInt64] = [:]
        for item in content.items { found[item.folder.joined(separator: "/"), default: 0] += 1 }
        #expect(content.expected.filter { $0.value > 0 } == found)
    }
}
