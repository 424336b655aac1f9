package import MailFormats

/// Makes a message in the form of RFC 5322 out of an item of Outlook, and a record of all that the message does not say.
///
/// A function of the item alone: no clock, no chance, no settings. `Docs/outlook-rendering.md` says what becomes of what.
package enum OutlookRendering {
    /// The number of these rules, which the field `X-Portable-Archive-Synthesized` carries.
    package static let version = 1
    /// The record holds values up to so many bytes in all; what is beyond becomes a part of the message.
    package static let largestRecord = 16 << 20
    /// Bodies up to so many bytes are looked into; a longer one is a part as it is.
    static let largestBody = 16 << 20

    /// Renders an item.
    ///
    /// The bytes come in pieces of at most 256 KiB; what has come is void when an error is thrown.
    ///
    /// - Parameter sink: takes the bytes of the message in order.
    /// - Throws: `RenderingFailure.source` when a long value cannot be read, `.sink` with what `sink` threw.
    package static func render(
        _ message: MapiMessage,
        into sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws(RenderingFailure) -> Rendered {
        let plan = try MessagePlan(message, depth: 0)
        do {
            try withoutActuallyEscaping(sink) { sink in
                let output = RenderingOutput(sink)
                try plan.write(to: output)
                try output.flush()
            }
        } catch let failure as RenderingFailure {
            throw failure
        } catch {
            throw .sink(error)
        }
        return Rendered(message, plan)
    }
}

/// Why an item could not be rendered.
package enum RenderingFailure: Error {
    /// A long value of the item could not be read.
    case source(ByteSourceError)
    /// The place where the bytes go refused them.
    case sink(any Error)
}
