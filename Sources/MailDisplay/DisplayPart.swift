/// One leaf of the MIME tree of a message, or an attachment within a leaf that is TNEF.
package struct DisplayPart: Hashable, Sendable {
    /// What a reader does with a part.
    package enum Role: Sendable {
        /// Shown as the text of the message.
        case body
        /// Another form of the text, not shown because a better one is.
        case alternative
        /// Belongs inside the text, such as a picture of an HTML page.
        case inline
        /// Listed beside the text.
        case attachment
    }

    /// The place among the leaves, from 0, and behind them among what is within leaves; `MessageDisplay.decodePart` takes it.
    package var index: Int
    /// Type and subtype in lower case, such as "image/png".
    package var contentType: String
    /// The charset parameter as written.
    package var charset: String?
    package var role: Role
    /// The decoded file name as the mail gives it: never use it as a path, see `safeFileName`.
    package var fileName: String?
    /// The Content-ID without its angle brackets.
    package var contentID: String?
    /// The size after decoding; 0 where sizes were not asked for.
    package var decodedSize: UInt64
    /// The subject, for a message within the message.
    package var nestedSubject: String?
    /// The part that this one was found in: the TNEF of Outlook, `winmail.dat`; nil for the mail's own parts.
    package var within: Int?

    /// A name to save the part under: always usable, not always unique (see `UniqueNames`).
    package var safeFileName: String {
        let isMessage = contentType.hasPrefix("message/") && contentType != "message/delivery-status"
        let fallback = isMessage ? "message.eml" : "part-\(index + 1)\(Self.ending(for: contentType))"
        if let fileName, !fileName.isEmpty {
            return SafeFileName.make(from: fileName, fallback: fallback)
        }
        if isMessage, let nestedSubject, !nestedSubject.isEmpty {
            return SafeFileName.make(from: nestedSubject + ".eml", fallback: fallback)
        }
        return fallback
    }

    /// A file ending for the types parts without a name most often have.
    private static func ending(for type: String) -> String {
        let known = [
            "text/plain": ".txt", "text/html": ".html", "text/calendar": ".ics", "text/vcard": ".vcf",
            "text/x-vcard": ".vcf", "text/csv": ".csv", "text/enriched": ".txt", "text/rtf": ".rtf",
            "image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp",
            "image/svg+xml": ".svg", "image/tiff": ".tif", "image/bmp": ".bmp", "application/pdf": ".pdf",
            "application/zip": ".zip", "application/msword": ".doc", "application/rtf": ".rtf",
            "application/pgp-signature": ".asc", "application/pkcs7-signature": ".p7s",
            "application/x-pkcs7-signature": ".p7s", "application/pkcs7-mime": ".p7m",
            "application/ms-tnef": ".dat", "message/delivery-status": ".txt",
        ]
        return known[type] ?? ".bin"
    }
}

/// Why a part's bytes could not be had.
package enum PartError: Error, Hashable, Sendable {
    /// The message has no part of this index.
    case noSuchPart(Int)
}
