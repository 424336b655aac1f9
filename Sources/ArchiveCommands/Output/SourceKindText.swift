import ArchiveSources

/// The kinds of sources, as text and as JSON.
enum SourceKindText {
    static func print(json: Bool) {
        guard !json else {
            Output.standard.json(
                Document.head("import --list-kinds"),
                "kinds",
                SourceKind.allCases
            ) {
                .object([
                    ("kind", .string($0.rawValue)), ("is", .string($0.words)), ("toldBy", .string($0.evidence)),
                    ("directory", .bool($0.isDirectory)),
                ])
            }
            return
        }
        let width = SourceKind.allCases.map(\.rawValue.count).max() ?? 0
        for kind in SourceKind.allCases {
            let name = kind.rawValue + String(repeating: " ", count: width - kind.rawValue.count)
            Output.standard.line("\(name)  \(kind.words)")
            Output.standard.line("\(String(repeating: " ", count: width))  told by: \(kind.evidence)")
        }
    }
}
