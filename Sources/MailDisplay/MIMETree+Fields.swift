import CGMime

extension MIMETree {
    /// Type and subtype in lower case; "text/plain" where the mail names none (RFC 2045 section 5.2).
    static func contentType(of object: UnsafeMutablePointer<GMimeObject>) -> String {
        guard let type = g_mime_object_get_content_type(object) else { return "text/plain" }
        let media = g_mime_content_type_get_media_type(type).map { String(cString: $0) } ?? "text"
        let subtype = g_mime_content_type_get_media_subtype(type).map { String(cString: $0) } ?? "plain"
        let name = bounded("\(media)/\(subtype)".lowercased())
        return name == "application/octet-stream" && isBareText(object) ? "text/plain" : name
    }

    /// Whether a Content-Type says only "text", which early mailers wrote and GMime takes for no type at all.
    private static func isBareText(_ object: UnsafeMutablePointer<GMimeObject>) -> Bool {
        guard let list = g_mime_object_get_header_list(object),
            let header = g_mime_header_list_get_header(list, "Content-Type"),
            let raw = g_mime_header_get_raw_value(header)
        else { return false }
        var value = UnsafePointer(raw)
        while value.pointee == 0x20 || value.pointee == 0x09 { value += 1 }
        for letter in "text".utf8 {
            guard UInt8(bitPattern: value.pointee) | 0x20 == letter else { return false }
            value += 1
        }
        return [0, 0x0A, 0x0D, 0x20, 0x3B].contains(value.pointee)
    }

    static func charset(of object: UnsafeMutablePointer<GMimeObject>) -> String? {
        g_mime_object_get_content_type_parameter(object, "charset").map { bounded(String(cString: $0)) }
    }

    static func disposition(of object: UnsafeMutablePointer<GMimeObject>) -> String? {
        guard let disposition = g_mime_object_get_content_disposition(object) else { return nil }
        return g_mime_content_disposition_get_disposition(disposition).map { bounded(String(cString: $0)).lowercased() }
    }

    /// The decoded name, from Content-Disposition or else from Content-Type (RFC 2183, RFC 2231).
    static func fileName(of object: UnsafeMutablePointer<GMimeObject>) -> String? {
        guard let name = g_mime_part_get_filename(cast(object, to: GMimePart.self)) else { return nil }
        let text = String(cString: name)
        return text.isEmpty ? nil : text
    }

    static func contentID(of object: UnsafeMutablePointer<GMimeObject>) -> String? {
        g_mime_object_get_content_id(object).map { bounded(String(cString: $0)) }
    }

    /// Text a reader would see in the message itself: not the kinds meant for other programs.
    static func isReadable(_ object: UnsafeMutablePointer<GMimeObject>) -> Bool {
        let type = contentType(of: object)
        guard type.hasPrefix("text/") else { return false }
        switch type.dropFirst(5) {
        case "calendar", "vcard", "x-vcard", "directory", "rtf", "csv", "xml", "css", "javascript", "rfc822-headers",
            "x-amp-html", "x-moz-deleted":
            return false
        default: return true
        }
    }

    /// Names of megabytes serve nobody.
    private static func bounded(_ text: String) -> String {
        text.utf8.count <= 1024 ? text : String(text.prefix(1024))
    }
}
