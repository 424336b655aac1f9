import Foundation
import Testing

/// Media that cannot be written, or not any more: what needs root or a mount is left out where that is not to be had.
@Suite struct BadMediumTests {
    private static let isRoot = geteuid() == 0
    private static let nobody = ["runuser", "-u", "nobody", "--"]

    /// Whether a file system may be mounted, in a name space of its own that ends with the command.
    private static let canMount: Bool = {
        guard isRoot else { return false }
        guard let tool = try? Tool() else { return false }
        defer { tool.remove() }
        return (try? tool.shell("mkdir m && unshare -m mount -t tmpfs none m 2> err")) == 0
    }()

    private func filled() throws -> Tool {
        var tool = try Tool()
        tool.passphrase = nil
        tool.usesKeyFile = true
        try tool.write("From: ada@example.org\nSubject: one\n\nhi\n", to: "mail/1.eml")
        let result = try tool.run("import", "a.pa", "mail")
        #expect(result.status == 0, "\(result.error)")
        return tool
    }

    /// A shell script with the binary and its arguments as `"$@"`, with mounts that nobody else sees.
    private func mounted(_ script: String) -> [String] { ["unshare", "-m", "sh", "-c", script, "sh"] }

    private static let reading = [
        ["list", "a.pa"], ["folders", "a.pa"], ["info", "a.pa"], ["verify", "a.pa", "--full", "--strict"],
        ["verify", "a.pa", "--quick"], ["export", "a.pa", "-", "--format", "mbox"], ["key", "list", "a.pa"],
        ["writer", "list", "a.pa"],
    ]

    @Test("who may not write reads as ever, and is told that writing is not allowed")
    func withoutPermission() throws {
        let tool = try filled()
        defer { tool.remove() }
        #expect(try tool.shell("chmod 755 . && chmod -R a-w,a+rX a.pa key mail") == 0)
        defer { _ = try? tool.shell("chmod -R u+w a.pa key mail") }
        // The package may lie where only its owner can go, so nobody gets a copy of the binary.
        try FileManager.default.copyItem(at: Tool.binary, to: tool.directory.appendingPathComponent("tool"))
        let copied = ["sh", "-c", #"shift; exec ./tool "$@""#, "sh"]
        let who = (Self.isRoot ? Self.nobody : []) + copied
        for command in Self.reading {
            let result = try tool.run(command, through: who)
            #expect(result.status == 0, "\(command): \(result.error)")
            #expect(result.error == "", "\(command)")
        }
        let result = try tool.run(["import", "a.pa", "mail"], through: who)
        #expect(result.status == 3)
        #expect(result.error.contains("E005"), "\(result.error)")
        #expect(result.error.contains("permission denied"))
        #expect(result.error.contains("hint: check who owns it"))
    }

    @Test("a read-only medium is read as ever, and not written", .enabled(if: canMount), arguments: [true, false])
    func readOnly(isBind: Bool) throws {
        let tool = try filled()
        defer { tool.remove() }
        let script =
            isBind
            ? #"mount --bind a.pa a.pa && mount -o remount,bind,ro a.pa && exec "$@""#
            : #"mkdir m && mount -t tmpfs none m && cp -r a.pa m && mount -o remount,ro m && mount --bind m/a.pa a.pa && "#
                + #"exec "$@""#
        for command in Self.reading {
            let result = try tool.run(command, through: mounted(script))
            #expect(result.status == 0, "\(command): \(result.error)")
            #expect(result.error == "", "\(command)")
            try? FileManager.default.removeItem(at: tool.directory.appendingPathComponent("m"))
        }
        for command in [["import", "a.pa", "mail"], ["key", "add", "a.pa", "--new-key-file", "new"]] {
            let result = try tool.run(command, through: mounted(script))
            #expect(result.status == 3)
            #expect(result.error.contains("error: E006 "), "\(result.error)")
            #expect(result.error.contains("a.pa"))
            #expect(result.error.contains("hint: reading works"))
            try? FileManager.default.removeItem(at: tool.directory.appendingPathComponent("m"))
        }
    }

    @Test("on a full medium what was committed stays, and the error says how much is missing", .enabled(if: canMount))
    func full() throws {
        let tool = try filled()
        defer { tool.remove() }
        var random = SystemRandomNumberGenerator()
        for number in 0..<8 {
            let bytes = Data((0..<60_000).map { _ in UInt8.random(in: 0...255, using: &random) })
            let text = "From: a@example.org\nSubject: \(number)\n\n\(bytes.base64EncodedString())\n"
            try tool.write(text, to: "big/\(number).eml")
        }
        // The archive fills a medium of 300 KiB; what is there afterwards is copied out.
        let script =
            #"mkdir m && mount -t tmpfs -o size=300k none m && cp -r a.pa m && { "$@"; status=$?; cp -r m/a.pa b.pa; "#
            + "exit $status; }"
        let result = try tool.run(["import", "m/a.pa", "big", "--json"], through: mounted(script))
        #expect(result.status == 3)
        let error = result.json["error"] as? [String: Any]
        #expect(error?["code"] as? String == "E007")
        #expect((error?["place"] as? String)?.hasPrefix("m/a.pa/segments/") == true)
        #expect((error?["hint"] as? String)?.contains("what was committed stays") == true)
        let message = error?["message"] as? String ?? ""
        #expect(message.firstMatch(of: /[0-9]+ bytes to write, [0-9]+ free, [0-9]+ missing/) != nil, "\(message)")
        // Nothing is lost, and with room it goes on.
        #expect(try tool.run("verify", "b.pa", "--full").status == 0)
        #expect(try tool.run("list", "b.pa").text.contains("one"))
        let again = try tool.run("import", "b.pa", "big")
        #expect(again.text.contains("8 found = 8 stored + 0 already there + 0 rejected"), "\(again.error)")
        #expect(try tool.run("verify", "b.pa", "--full", "--strict").status == 0)
    }

    @Test("an archive that finds no room to be made leaves nothing behind", .enabled(if: canMount))
    func noRoomToMake() throws {
        var tool = try Tool()
        defer { tool.remove() }
        tool.usesKeyFile = true
        let script = #"mkdir m && mount -t tmpfs -o size=60k none m && { "$@"; status=$?; ls -A m; exit $status; }"#
        let result = try tool.run(["init", "m/a.pa"], through: mounted(script))
        #expect(result.status == 3)
        #expect(result.error.contains("E007"), "\(result.error)")
        #expect(result.text == "")
    }

    @Test(
        "an export that finds no room ends with that, and leaves no half file behind",
        .enabled(if: canMount),
        arguments: ["eml", "mbox", "maildir", "zip", "tar", "tar.zst", "original"]
    )
    func noRoomForExport(format: String) throws {
        let tool = try filled()
        defer { tool.remove() }
        var random = SystemRandomNumberGenerator()
        for number in 0..<3 {
            let bytes = Data((0..<150_000).map { _ in UInt8.random(in: 0...255, using: &random) })
            let text = "From: a@example.org\nSubject: \(number)\n\n\(number)\(bytes.base64EncodedString())\n"
            try tool.write(text, to: "big/\(number).eml")
        }
        #expect(try tool.run("import", "a.pa", "big").status == 0)
        let script =
            #"mkdir m && mount -t tmpfs -o size=300k none m && { "$@"; status=$?; "#
            + #"find m -type f -size +50c ! -size 200034c ! -name "*.mbox"; exit $status; }"#
        let options = format == "original" ? ["--original"] : ["--format", format]
        let result = try tool.run(["export", "a.pa", "m/out"] + options, through: mounted(script))
        #expect(result.status == 3, "\(result.error)")
        #expect(result.error.contains("error: E007 "))
        #expect(result.error.contains("m/out"))
        #expect(result.error.contains("still to be written"))
        #expect(result.error.contains("\nhint: free space"))
        #expect(result.text == "")
    }

    @Test("a full medium behind standard output is told")
    func fullOutput() throws {
        let tool = try filled()
        defer { tool.remove() }
        for command in [["list", "a.pa"], ["list", "a.pa", "--json"], ["export", "a.pa", "-", "--format", "tar"]] {
            let result = try tool.run(command, through: ["sh", "-c", #"exec "$@" > /dev/full"#, "sh"])
            #expect(result.status == 3, "\(command)")
            #expect(result.error.contains(/No space left on device|E007/), "\(command): \(result.error)")
        }
    }
}
