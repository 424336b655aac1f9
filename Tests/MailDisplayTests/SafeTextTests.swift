import MailDisplay
import Testing

@Suite("Text and names made safe")
struct SafeTextTests {
    @Test(
        "nothing a terminal acts on is left",
        arguments: [
            ("plain ä 日本 👩‍👩‍👧", "plain ä 日本 👩‍👩‍👧"), ("\u{1B}[31mred\u{7}", "␛[31mred␇"), ("a\u{9B}31m", "a<U+009B>31m"),
            ("a\u{202E}gpj.exe", "a<U+202E>gpj.exe"), ("a\u{2066}b", "a<U+2066>b"), ("a\r\nb\tc\rd", "a b c d"),
            ("\0\u{7F}", "␀␡"), ("x\u{E0041}", "x<U+E0041>"),
        ]
    )
    func terminal(text: String, shown: String) {
        #expect(TerminalText.safe(text) == shown)
    }

    @Test("line feeds and tabs stay where lines are wanted, a lone CR does not")
    func terminalLines() {
        #expect(TerminalText.safeLines("a\r\nb\tc\rd\u{1B}\n") == "a\nb\tc␍d␛\n")
    }

    @Test(
        "a file name is fit for every file system",
        arguments: [
            ("a.txt", "a.txt"), ("../../etc/passwd", "_.._etc_passwd"), ("C:\\x\\y.doc", "C__x_y.doc"),
            ("CON", "_CON"), ("nul.txt", "_nul.txt"), ("com1.tar.gz", "_com1.tar.gz"), ("COM¹", "_COM¹"),
            ("console.txt", "console.txt"), (".bashrc", "bashrc"), ("-rf", "rf"), ("a. . ", "a"), ("a\u{202E}b", "a_b"),
            ("a\nb\0c", "a_b_c"), ("", "unnamed"), ("...", "unnamed"), ("///", "unnamed"), ("  ", "unnamed"),
            ("aux .h", "_aux .h"), ("grüße.pdf", "grüße.pdf"), ("<>:\"|?*x", "_______x"),
        ]
    )
    func fileNames(name: String, safe: String) {
        #expect(SafeFileName.make(from: name) == safe)
    }

    @Test("a long name keeps its extension within 120 bytes")
    func longNames() {
        #expect(
            SafeFileName.make(from: String(repeating: "a", count: 300) + ".pdf") == String(repeating: "a", count: 116)
                + ".pdf"
        )
        let wide = SafeFileName.make(from: String(repeating: "日", count: 300) + ".pdf")
        #expect(wide == String(repeating: "日", count: 38) + ".pdf")
        let marks = SafeFileName.make(from: "a" + String(repeating: "\u{301}", count: 2_000_000) + ".pdf")
        #expect(marks.utf8.count <= 120 && !marks.isEmpty)
        #expect(SafeFileName.make(from: "///", fallback: "///") == "unnamed")
    }

    @Test("names that differ only in case or composition get numbers")
    func uniqueNames() {
        var names = UniqueNames()
        let made = ["a.txt", "A.TXT", "a.txt", "a (2).txt", "\u{E4}", "a\u{308}", "x", "X"].map { names.unique($0) }
        #expect(made == ["a.txt", "A (2).TXT", "a (3).txt", "a (2) (2).txt", "\u{E4}", "a\u{308} (2)", "x", "X (2)"])
        let long = String(repeating: "n", count: 116) + ".pdf"
        #expect(names.unique(long) == long)
        #expect(names.unique(long) == String(repeating: "n", count: 112) + " (2).pdf")
    }
}
