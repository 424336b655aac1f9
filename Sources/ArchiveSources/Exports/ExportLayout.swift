/// Where the entries of known exports belong, when their path does not say it as it is.
enum ExportLayout {
    /// The folder of an entry, and what else is known of it.
    enum Place: Equatable {
        /// The path stands as it is.
        case asItIs
        /// The messages' labels tell the folder, so the names of the file and its directories do not count.
        case byLabels
        /// It describes the export and is no mail.
        case list
    }

    /// Judges an entry by its path in the container.
    ///
    /// - Takeout (`Takeout/<Mail, in the language of the account>/<label>.mbox`): the MBOX is named after a label or after
    ///   "all mail"; the labels stand in `X-Gmail-Labels`. Settings beside it describe.
    /// - Google Vault (`<export>-<account>-….mbox` with `*-metadata.xml`): the lists describe.
    /// - Microsoft eDiscovery: `Items.csv`, `Locations.csv`, `Summary.csv` describe; messages of `Exchange/<mailbox>/…`
    ///   are as they are.
    /// - groups.io (`messages.mbox`) and zips of EML folders: as they are.
    static func place(_ path: [[UInt8]]) -> Place {
        guard let name = path.last else { return .asItIs }
        if ExpectedItems.isList(named: name) { return .list }
        let isMbox = name.suffix(5).elementsEqual(".mbox".utf8)
        if path.count >= 2, path[0].elementsEqual("Takeout".utf8) {
            if isMbox { return .byLabels }
            let ends = [".json", ".html"]
            if ends.contains(where: { name.suffix(5).elementsEqual($0.utf8) }) { return .list }
        }
        return .asItIs
    }
}
