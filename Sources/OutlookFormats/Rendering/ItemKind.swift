/// What an item is, told by its message class (MS-OXCMSG §2.2.1.3).
enum ItemKind: Equatable {
    case note, stickyNote, contact, distributionList, appointment, meeting, task, activity, report
    /// Mail that is signed or encrypted: its one attachment is the original.
    case secured

    /// A class that is not known is a note: whatever body it has is shown.
    init(messageClass: String) {
        let name = messageClass.lowercased()
        func isWithin(_ base: String) -> Bool { name == base || name.hasPrefix(base + ".") }
        if name.contains(".smime") {
            self = name.hasPrefix("report.") ? .report : .secured
        } else if name.hasPrefix("report.") {
            self = .report
        } else if isWithin("ipm.contact") {
            self = .contact
        } else if isWithin("ipm.distlist") {
            self = .distributionList
        } else if isWithin("ipm.appointment") {
            self = .appointment
        } else if isWithin("ipm.schedule.meeting") {
            self = .meeting
        } else if isWithin("ipm.task") {
            self = .task
        } else if isWithin("ipm.stickynote") {
            self = .stickyNote
        } else if isWithin("ipm.activity") {
            self = .activity
        } else {
            self = .note
        }
    }
}
