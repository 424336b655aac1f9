/// What the format promises of crashes, faults and writers.
enum Promise: String, CaseIterable {
    case crashIsNoError = "one or two crashes never give an error"
    case acknowledgedStays = "an acknowledged commit stays after any crash"
    case oneCommitInFlight = "at most one commit is not acknowledged"
    case nextWriterIsAccepted = "a writer never refuses after a crash"
    case nextSessionCleans = "a whole session after a crash leaves a clean archive"

    case faultIsSeen = "no single fault is silent"
    case faultOnMailIsError = "a fault on acknowledged mail or its journal is an error"
    case lossIsError = "no fault takes an acknowledged commit away without an error"
    case tableIsComplete = "every state has a verdict and, if it is no error, a newest commit"

    case writerKeepsRecords = "the next writer never destroys the last copy of a commit record"
    case writerHidesNothing = "the next writer never makes damage look whole"
    case writerMakesNoError = "the next writer never adds an error"

    var needsFault: Bool {
        switch self {
        case .crashIsNoError, .acknowledgedStays, .oneCommitInFlight, .nextWriterIsAccepted, .nextSessionCleans: false
        default: true
        }
    }
}
