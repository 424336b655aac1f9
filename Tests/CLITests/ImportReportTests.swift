import Foundation
import Testing

/// What `import` tells a person on the screen.
@Suite struct ImportReportTests {
    private static let mbox =
        "From a@example.org Fri Nov 21 15:55:06 1997\nFrom: a@example.org\nSubject: one\n\nbody\n\n"

    private func filled() throws -> Tool {
        var tool = try Tool()
        tool.passphrase = nil
        tool.usesKeyFile = true
        try tool.write(Self.mbox, to: "mail/Posteingang.mbox")
        return tool
    }

    @Test(
        "a folder is named even where it is the only one; what speaks for a dialect is told before, and by imports show"
    )
    func folder() throws {
        let tool = try filled()
        defer { tool.remove() }
        let dry = try tool.run("import", "a.pa", "mail", "--dry-run")
        #expect(dry.text.contains("Posteingang.mbox: mboxrd ("))
        let real = try tool.run("import", "a.pa", "mail")
        #expect(real.status == 0, "\(real.error)")
        #expect(real.text.contains("\n    Posteingang: 1 found = 1 stored"))
        #expect(real.text.contains("\n    Posteingang.mbox: mboxrd\n"))
        #expect(try tool.run("imports", "show", "a.pa", "1").text.contains("Posteingang.mbox: mboxrd ("))
    }

    @Test("a --map that fits no folder is told, one that fits is not")
    func map() throws {
        let tool = try filled()
        defer { tool.remove() }
        let fitting = try tool.run("import", "a.pa", "mail", "--map", "Posteingang=Inbox")
        #expect(fitting.status == 0)
        #expect(fitting.error == "")
        #expect(fitting.text.contains("\n    Inbox: 1 found"))
        let useless = try tool.run("import", "a.pa", "mail", "--map", "Gesendet=Sent", "--dry-run")
        #expect(useless.status == 0)
        #expect(useless.error.contains("--map Gesendet=Sent changed nothing"))
    }

    @Test("a PST whose reader is not where PORTABLE_ARCHIVE_PST says is rejected with the path")
    func helper() throws {
        let tool = try filled()
        defer { tool.remove() }
        try tool.write(Data("!BDN".utf8) + Data(count: 4) + Data("SM".utf8) + Data(count: 600), to: "mail/old.pst")
        let there = ["PORTABLE_ARCHIVE_PST": "/nowhere/at/all"]
        let result = try tool.run(["import", "a.pa", "mail"], environment: there)
        #expect(result.status == 4, "\(result.error)")
        #expect(result.text.contains("PORTABLE_ARCHIVE_PST names /nowhere/at/all, and no program is there"))
        #expect(result.text.contains("Done: 2 found = 1 stored + 0 already there + 1 rejected"))
    }
}
