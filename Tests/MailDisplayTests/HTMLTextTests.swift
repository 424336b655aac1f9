import MailDisplay
import Testing

@Suite("HTML text")
struct HTMLTextTests {
    @Test(
        "HTML keeps its paragraphs, lists, quotes and links",
        arguments: [
            ("a &amp; b &lt;c&gt; &#228;&euro;", "a & b <c> ä€"), ("<p>one</p><p>two</p>", "one\n\ntwo"),
            ("one<br>two<br/>three", "one\ntwo\nthree"), ("<div>one</div><div>two</div>", "one\ntwo"),
            ("  a \n  b\t c ", "a b c"), ("<pre>a\n  b</pre>c", "a\n  b\n\nc"),
            ("<ul><li>one<li>two</ul>", "- one\n- two"), ("<ol><li>one</li><li>two</li></ol>", "1. one\n2. two"),
            ("<ul><li>a<ul><li>b</ul><li>c</ul>", "- a\n  - b\n- c"),
            ("said:<blockquote>one<br>two</blockquote>end", "said:\n\n> one\n> two\n\nend"),
            ("<a href=\"https://e.org/x\">here</a>", "here <https://e.org/x>"),
            ("<a href=\"https://e.org/\">https://e.org</a>", "https://e.org"),
            ("<a href=\"mailto:a@b.c\">a@b.c</a>", "a@b.c"), ("<a href=\"javascript:x()\">here</a>", "here"),
            ("<img alt=\"a cat\" src=x>", "[a cat]"), ("<table><tr><td>1<td>2<tr><td>3</table>", "1 2\n3"),
            ("a<script>var x = '<b>';</script><style>p {}</style>b", "ab"),
            ("<head><title>t</title></head><body>x</body>", "x"), ("<!-- c -->x<!--[if mso]>y<![endif]-->", "x"),
            ("<b>unclosed <i>tags", "unclosed tags"), ("1 < 2 & 3", "1 < 2 & 3"), ("", ""),
        ]
    )
    func layout(html: String, text: String) {
        let plain = HTMLText.plain(html)
        #expect(plain == (text.isEmpty ? "" : text + "\n"))
    }

    @Test(
        "hostile documents are read in bounded time",
        arguments: [
            String(repeating: "<b>", count: 200_000) + String(repeating: "</i>", count: 200_000) + "end",
            "<a " + (0..<100_000).map { "a\($0)=''" }.joined(separator: " ") + ">end",
            String(repeating: "<blockquote>", count: 100_000) + "end",
            String(repeating: "<ul><li>", count: 100_000) + "end",
        ]
    )
    func bombs(html: String) {
        #expect(HTMLText.plain(html).contains("end"))
    }
}
