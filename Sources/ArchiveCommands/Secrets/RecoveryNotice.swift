import ArchiveCrypto

/// The recovery code, shown once.
enum RecoveryNotice {
    /// Shown on stdout, straight from locked memory; with JSON the code is a member of the document instead.
    static func show(_ root: RootKeys) {
        let code = RecoveryCode.encode(root.rootSecret)
        Output.standard.line(
            "Recovery code (opens the archive without any passphrase; write it on paper, keep it safe):"
        )
        Output.standard.line()
        Output.standard.text("    ")
        code.withUnsafeBytes { Output.standard.raw($0) }
        Output.standard.line()
        Output.standard.line()
        Output.standard.flush()
    }

    static func json(_ root: RootKeys) -> JSONValue {
        .string(RecoveryCode.encode(root.rootSecret).withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
    }
}
