import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import Foundation
import Testing

@testable import ArchiveSources

/// The helper and what becomes of an import when it fails.
@Suite("the helper that reads PST files", .enabled(if: PstCorpus.canRead))
struct PstHelperTests {
    private let store: URL
    private let program: String

    init() throws {
        store = try #require(PstCorpus.files.first { $0.lastPathComponent == "flags_jane_doe.pst" })
        program = try #require(PstCorpus.program)
    }

    /// A helper of a few lines of shell in place of the real one.
    private func read(_ script: String, patience: PstReader.Patience = .init()) throws -> PstContent {
        let scratch = try Scratch()
        let path = scratch.path + "/helper"
        try Data("#!/bin/sh\nreal='\(program)'\n\(script)\n".utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        while true {
            let content = try PstContent(SourceFile(path: store.path), program: path, patience: patience)
            // Another test may have started a process while the script was open here: then it is "busy" for a moment.
            guard content.error?.detail.contains("(error \(ETXTBSY))") == true else { return content }
            usleep(10_000)
        }
    }

    @Test("the jail refuses files, writing, sockets, children, programs, signals, and more memory")
    func jail() throws {
        #if os(Linux)
            let process = Process()
            process.executableURL = URL(filePath: "/bin/sh")
            process.arguments = ["-c", "exec '\(program)' --check-jail 3<'\(store.path)'"]
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            let fields = text.split(whereSeparator: \.isWhitespace)
            #expect(fields.count == 2)
            // Limits and seccomp at least; nothing that was tried was allowed.
            #expect((Int(fields.first ?? "") ?? 0) & 5 == 5)
            #expect(fields.last == "0")
        #endif
    }

    @Test("where the helper ends amid of an item, that item is lost with its node id, and no other")
    func crash() throws {
        let whole = try PstContent(SourceFile(path: store.path))
        let cut = "case \" $* \" in *' --after 0 '*) \"$real\" \"$@\" | head -c 60000;; *) exec \"$real\" \"$@\";; esac"
        let content = try read(cut)
        #expect(content.error == nil)
        #expect(content.items.count == whole.items.count - 1)
        #expect(content.failures.count == 1)
        let failure = try #require(content.failures.first)
        #expect(failure.contains(" 0x20"))
        #expect(failure.contains("ended before its time"))
        #expect(content.expected == whole.expected)
        #expect(content.skipped == whole.skipped)
    }

    @Test("a helper that gives no sign is ended, and costs the item it was at")
    func hang() throws {
        let script =
            "case \" $* \" in *' --after 0 '*) \"$real\" \"$@\" | head -c 60000; exec 1>&1; sleep 30;; "
            + "*) exec \"$real\" \"$@\";; esac"
        var patience = PstReader.Patience()
        patience.seconds = 1
        let start = Date()
        let content = try read(script, patience: patience)
        #expect(content.error == nil)
        #expect(content.failures.count == 1)
        #expect(content.failures.first?.contains("no sign for 1 s") == true)
        #expect(Date().timeIntervalSince(start) < 15)
    }

    @Test("a helper that ends at every item is not started for ever")
    func crashes() throws {
        // Each start gives the beginning of one item only.
        let script = "\"$real\" \"$@\" | head -c 2000"
        let patient = try read(script)
        #expect(patient.error == nil)
        #expect(patient.items.isEmpty)
        #expect(patient.failures.count == 8)
        var patience = PstReader.Patience()
        patience.failuresInARow = 3
        let content = try read(script, patience: patience)
        #expect(content.error?.code == .source)
        #expect(content.failures.count == 3)
    }

    @Test(
        "what makes no sense is not believed",
        arguments: [
            "head -c 100000 /dev/zero", "head -c 4096 /dev/urandom; :", "printf '\\377\\377\\377\\377\\001'",
            "printf '\\006\\000\\000\\000\\001\\001\\000pd\\001\\007\\000\\000\\000\\000\\007'", "exit 7",
        ]
    )
    func nonsense(_ script: String) throws {
        var patience = PstReader.Patience()
        patience.seconds = 5
        patience.secondsAtFirst = 5
        let content = try read(script, patience: patience)
        #expect(content.error?.code == .source)
        #expect(content.items.isEmpty)
    }

    @Test("without the helper the error says what to install")
    func missing() throws {
        let error = #expect(throws: ArchiveError.self) {
            throw ArchiveError(.source, PstProgram.name, PstProgram.advice)
        }
        #expect(error?.detail.contains("libpff-dev") == true)
    }
}
