import MailFormats

extension MsgStorageReader {
    /// Reads an attachment; where its content is damaged it has none, and that is told.
    mutating func attachment(in storage: CompoundEntry, place: String, depth: Int) -> MapiAttachment {
        let contents = contents(of: storage.id)
        let list = list(contents, isMessage: false, place: place)
        let bag = bag(contents, list, place: place)
        if let entry = contents.values[Self.contentObject] ?? contents.values[Self.content] {
            do throws(OutlookError) {
                return MapiAttachment(bag, try content(entry, list, place, depth))
            } catch {
                note("\(place), its content: \(error.detail), at byte \(error.offset)")
            }
        } else if let listed = list?.items.first(where: { $0.tag.id == Self.content.id }), listed.byteCount > 0 {
            note("\(place), its content: its stream is missing")
        }
        return MapiAttachment(bag, .none)
    }

    private mutating func content(
        _ entry: CompoundEntry,
        _ list: MsgPropertyList?,
        _ place: String,
        _ depth: Int
    ) throws(OutlookError) -> MapiAttachment.Content {
        guard entry.isStorage else {
            let stream = try open(entry, place)
            if let listed = list?.items.first(where: { $0.tag == Self.content }), stream.byteCount < listed.byteCount {
                note("\(place), its content: \(listed.byteCount) bytes are announced, \(stream.byteCount) found")
            }
            return .data(try value(stream, PropertyType.bytes, entry.name))
        }
        guard contents(of: entry.id).list != nil else { return .data(.source(object(entry, place))) }
        guard depth + 1 < MapiMessage.maximumDepth else {
            note("\(place): messages within messages are followed to a depth of \(MapiMessage.maximumDepth)")
            return .data(.source(object(entry, place)))
        }
        return .message(message(in: entry.id, depth: depth + 1))
    }

    /// Storages within an object are followed so deep.
    private static let deepestStorage = 100

    /// A storage as a compound file of its own, with all that it holds: so OLE objects are files elsewhere too.
    mutating func object(_ storage: CompoundEntry, _ place: String) -> any ByteSource {
        CompoundFileBuilder.build(node(storage, place, depth: 0))
    }

    private mutating func node(_ entry: CompoundEntry, _ place: String, depth: Int) -> CompoundFileBuilder.Node {
        var nodes: [CompoundFileBuilder.Node] = []
        for child in file.entries(of: entry.id) {
            if child.isStorage {
                guard depth < Self.deepestStorage else {
                    note("\(place): storages within storages are followed to a depth of \(Self.deepestStorage)")
                    continue
                }
                nodes.append(node(child, place, depth: depth + 1))
                continue
            }
            do throws(OutlookError) {
                nodes.append(CompoundFileBuilder.Node(stream: child.name, try open(child, place)))
            } catch {
                note("\(place), \(child.name): \(error.detail), at byte \(error.offset)")
            }
        }
        return CompoundFileBuilder.Node(storage: entry.name, nodes, marks: entry.marks)
    }
}
