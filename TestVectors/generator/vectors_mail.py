"""TestVectors/mail: invented mail as files, for the first command of the project's README."""
import base64
import mail as m


def make(o):
    picture = m.picture(6000, 3)
    lines = base64.encodebytes(picture)

    def put(path, text, eol="\n"):
        data = text if isinstance(text, bytes) else text.encode()
        o.files["mail/" + path] = data.replace(b"\n", eol.encode())

    def head(n, subject, extra="", sender="Ada Berg <ada@example.org>"):
        return (f"From: {sender}\nTo: Ben Hall <ben@example.org>\nSubject: {subject}\nDate: Mon, {n:d} Jan 2024 09:30:00 +0100\n"
                f"Message-ID: <mail-{n}@example.org>\nMIME-Version: 1.0\n{extra}")

    def attached(n, subject):
        text = head(n, subject, 'Content-Type: multipart/mixed; boundary="cut"\n')
        return (text + "\n--cut\nContent-Type: text/plain\n\nThe plan of the garden is attached.\n\n--cut\nContent-Type: image/png; name=garden.png\n"
                "Content-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=garden.png\n\n").encode() + lines + b"\n--cut--\n"
    put("Inbox/plain.eml", head(1, "Tomatoes", "Content-Type: text/plain\n") + "\nThe first tomatoes are ripe.\nCome and fetch some!\n")
    put("Inbox/umlauts.eml", head(8, "=?UTF-8?Q?Gr=C3=BC=C3=9Fe_aus_K=C3=B6ln?=", "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n",
                                  "=?ISO-8859-1?Q?J=F6rg_M=FCller?= <joerg@example.org>") + "\nSchöne Grüße aus Köln, über die Brücke.\n")
    put("Inbox/attachment.eml", attached(15, "Garden plan"))
    put("Inbox/quoted-printable.eml", head(22, "Prices", "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n")
        + "\nSeed potatoes: 3 =A3 a bag, delivered =\nto your door.\n")
    put("Inbox/crlf.eml", head(29, "From a Windows machine", "Content-Type: text/plain\n") + "\nEach line ends with CR and LF.\n", "\r\n")
    put("Archive 2024/attachment-again.eml", attached(16, "Garden plan, once more"))
    put("Archive 2024/nested.eml", head(17, "Forwarded: Tomatoes", 'Content-Type: multipart/mixed; boundary="outer"\n')
        + "\n--outer\nContent-Type: multipart/alternative; boundary=\"inner\"\n\n--inner\nContent-Type: text/plain\n\nSee below.\n"
          "--inner\nContent-Type: text/html\n\n<p>See <b>below</b>.</p>\n--inner--\n--outer\nContent-Type: message/rfc822\n\n"
        + head(1, "Tomatoes", "Content-Type: text/plain\n") + "\nThe first tomatoes are ripe.\nCome and fetch some!\n\n--outer--\n")
    put("Archive 2024/tomatoes-copy.eml", head(1, "Tomatoes", "Content-Type: text/plain\n") + "\nThe first tomatoes are ripe.\nCome and fetch some!\n")
    first = (head(23, "Letters", "Content-Type: text/plain\n") + "\nFrom the gate to the shed it is forty steps.\n>From an older letter.\nYours, Ada\n").encode()
    second = (head(24, "Re: Letters", "In-Reply-To: <mail-23@example.org>\n") + "\n>> From here on nothing needs a sign.\n").encode()
    data, _ = m.mbox([(first, m.SEPARATOR + b"\n", b"\n", 2, (), b"\n"), (second, m.SEPARATOR + b"\n", b"\n", 2, (), b"\n")])
    o.files["mail/letters.mbox"] = data
