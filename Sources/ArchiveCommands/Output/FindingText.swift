import ArchiveFormat
import ArchiveReader

/// Findings as lines and as JSON.
enum FindingText {
    static func line(_ finding: Finding) -> String {
        var text = "\(finding.code.text) \(finding.code.name): \(finding.code.meaning): \(finding.place)"
        if let cause = finding.cause { text += " [\(cause.text) \(cause.name)]" }
        if !finding.detail.isEmpty { text += " (\(finding.detail))" }
        return MailText.safe(text)
    }

    static func json(_ finding: Finding) -> JSONValue {
        .object([
            ("code", .string(finding.code.text)), ("name", .string(finding.code.name)),
            ("warning", .bool(finding.code.isWarning)), ("place", .string(finding.place)),
            ("cause", .optional(finding.cause?.text)), ("detail", .string(finding.detail)),
            ("hint", .string(finding.code.hint)),
        ])
    }

    /// Tells on stderr what opening an archive found.
    static func tell(_ findings: [Finding]) {
        for finding in findings { Output.error.line("portable-archive: \(line(finding))") }
        Output.error.flush()
    }

    /// After reading: tells on stderr what opening found, and ends with 2 where something is damaged.
    static func judgeReading(_ findings: [Finding], _ report: ReportOptions) throws {
        tell(findings)
        if findings.contains(where: { !$0.code.isWarning }) { throw ExitStatus.damage }
    }
}
