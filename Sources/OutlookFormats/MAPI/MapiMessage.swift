/// A message, contact, appointment, task or note as Outlook stores it.
package struct MapiMessage: Sendable {
    /// Its own properties.
    package var properties: PropertyBag
    /// The recipient table (MS-OXCMSG §2.2.2), one bag a recipient.
    package var recipients: [PropertyBag]
    /// The attachments, in order.
    package var attachments: [MapiAttachment]
    /// What of it could not be read, in words, for the report; empty when all could.
    package var losses: [String]

    /// Messages within messages are followed so deep; what is deeper stays in the property bag and is reported.
    package static let maximumDepth = 32

    /// Makes a message.
    package init(
        _ properties: PropertyBag,
        recipients: [PropertyBag] = [],
        attachments: [MapiAttachment] = [],
        losses: [String] = []
    ) {
        self.properties = properties
        self.recipients = recipients
        self.attachments = attachments
        self.losses = losses
    }
}

/// An attachment (MS-OXCMSG §2.2.2): its properties without the content, and the content.
package struct MapiAttachment: Sendable {
    /// What is attached.
    package indirect enum Content: Sendable {
        /// Nothing, or only a link (methods 0, 2, 3, 4, 7).
        case none
        /// Bytes (method 1), or an OLE object's storage or stream (method 6).
        case data(PropertyValue)
        /// A message (method 5).
        case message(MapiMessage)
    }

    /// All properties but the content (0x3701).
    package var properties: PropertyBag
    /// The content.
    package var content: Content

    /// Makes an attachment.
    package init(_ properties: PropertyBag, _ content: Content) {
        self.properties = properties
        self.content = content
    }
}
