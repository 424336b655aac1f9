import ArchiveFormat

/// How the folders of a source are named in the archive: what the person asked for, then the limits of the format.
struct FolderNaming: Sendable {
    let options: ImportOptions

    /// The folder for a message.
    ///
    /// - Parameters:
    ///   - names: The folder as the source has it.
    ///   - mailbox: The mailbox as the source names it; what the person named goes before.
    func folder(_ names: [[UInt8]], mailbox: [UInt8]? = nil) -> Folder {
        let named = options.mailbox.isEmpty ? mailbox ?? [] : options.mailbox
        return Folder(
            mailbox: Array(named.prefix(Limits.name)),
            path: FolderNaming.bounded(options.folder + mapped(names))
        )
    }

    /// Applies the longest matching `--map`.
    private func mapped(_ names: [[UInt8]]) -> [[UInt8]] {
        let fitting = options.folderMap.filter { names.starts(with: $0.old) }
        guard let best = fitting.max(by: { $0.old.count < $1.old.count }) else { return names }
        return best.new + names.dropFirst(best.old.count)
    }

    /// Names within the limits (Spec, format.md, section 9): the deepest ones become one, so that none is lost.
    static func bounded(_ names: [[UInt8]]) -> [[UInt8]] {
        guard names.count > Limits.components || names.contains(where: { $0.count > Limits.name }) else { return names }
        var bounded = Array(names.prefix(Limits.components))
        if names.count > Limits.components {
            let rest = names[(Limits.components - 1)...]
            bounded[Limits.components - 1] = Array(rest.joined(separator: [UInt8(ascii: "/")]))
        }
        return bounded.map { Array($0.prefix(Limits.name)) }
    }
}

/// A folder that is to have another name: its path in the source, and the path in the archive.
package struct FolderMapping: Sendable {
    package var old: [[UInt8]]
    package var new: [[UInt8]]

    package init(old: [[UInt8]], new: [[UInt8]]) {
        self.old = old
        self.new = new
    }
}
