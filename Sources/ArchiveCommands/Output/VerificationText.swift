import ArchiveCrypto
import ArchiveFormat
import ArchiveReader

/// What a verification found, as text and as JSON: and plainly, how much of the archive it looked at.
struct VerificationText {
    let archive: String
    let result: VerificationReport
    let level: String
    let seconds: Double
    /// nil for a quick check, which looks at no segment.
    let plan: VerificationPlan?
    let summary: (neverCount: Int, oldest: UInt64?)

    init(
        _ archive: String,
        _ result: VerificationReport,
        _ level: String,
        seconds: Double,
        _ plan: VerificationPlan? = nil,
        _ summary: (neverCount: Int, oldest: UInt64?) = (0, nil)
    ) {
        self.archive = archive
        self.result = result
        self.level = level
        self.seconds = seconds
        self.plan = plan
        self.summary = summary
    }

    /// Whether each segment was looked at, in this part of the verification or an earlier one.
    private var isWhole: Bool { plan?.isWhole ?? true && !result.isStopped }

    func printJSON() {
        var segments = JSONValue.null
        if let plan {
            segments = .object([
                ("count", .number(Int64(result.segmentCount))),
                ("checkedCount", .number(Int64(result.checkedSegmentCount))),
                ("earlierCount", .number(Int64(plan.earlier))),
                ("neverVerifiedCount", .number(Int64(summary.neverCount))),
                ("oldestVerification", summary.oldest.map { .string(time($0)) } ?? .null),
            ])
        }
        Output.standard.json(
            Document.head("verify", archive) + [
                ("level", .string(level)),
                ("verdict", .string(result.isDamaged ? "damaged" : result.isClean ? "clean" : "warnings")),
                ("whole", .bool(isWhole)), ("interrupted", .bool(result.isStopped)), ("segments", segments),
                ("generation", .unsigned(result.generation)), ("head", .string(result.head.hex)),
                ("headWords", .string(Words.short(result.head))), ("bytes", .unsigned(result.byteCount)),
                ("messageCount", .number(Int64(result.messageCount))),
            ],
            "findings",
            result.findings
        ) { FindingText.json($0) }
    }

    private func time(_ seconds: UInt64) -> String { CalendarText.internet(Int64(clamping: seconds)) }

    func print() {
        for finding in result.findings {
            Output.standard.line(FindingText.line(finding))
            if !finding.code.hint.isEmpty { Output.standard.line("    hint: \(finding.code.hint)") }
        }
        var text = "\(verdict): generation \(result.generation), \(Units.bytes(result.byteCount)) checked (\(level))"
        if level == "full" { text += ", \(result.messageCount) messages rebuilt" }
        if result.byteCount > 0, seconds > 0.05 {
            text += ", \(Units.bytes(UInt64(Double(result.byteCount) / seconds)))/s"
        }
        Output.standard.line(text)
        if let plan { print(plan) }
        Output.standard.line("head \(result.head.hex)")
        Output.standard.line("     \(Words.short(result.head))  (compare with the words you noted before)")
    }

    private var verdict: String {
        if result.isDamaged { return "damaged" }
        let isClean = result.isClean ? "clean" : "clean, with warnings"
        return isWhole ? isClean : "\(isClean), as far as verified"
    }

    private func print(_ plan: VerificationPlan) {
        if !isWhole {
            var text = "\(result.checkedSegmentCount) of \(result.segmentCount) segments"
            if summary.neverCount > 0 {
                text += "; \(summary.neverCount) were never verified (\(level))"
            } else if let oldest = summary.oldest {
                text += "; oldest verification now \(CalendarText.minute(Int64(clamping: oldest))) UTC"
            }
            Output.standard.line(text)
        } else if plan.earlier > 0, let start = plan.start {
            let since = CalendarText.minute(Int64(clamping: start))
            Output.standard.line(
                "\(plan.earlier) of \(result.segmentCount) segments were found good since \(since) UTC"
            )
        }
        if result.isStopped, plan.start != nil { Output.standard.line("stopped: --resume goes on from here") }
    }
}
