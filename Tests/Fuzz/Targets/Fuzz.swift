#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What is fuzzed; one binary holds all of it, and `FUZZ_TARGET` names the one to run.
enum FuzzTarget: String, CaseIterable {
    case record
    case cbor
    case manifest
    case header
    case journal
    case mbox
    case mime
    case msg
    case tnef
    case rtf
    case emlx
    case marks

    /// The target that the environment names; nothing runs without one.
    static let chosen: FuzzTarget = {
        guard let name = getenv("FUZZ_TARGET"), let target = FuzzTarget(rawValue: String(cString: name)) else {
            print("FUZZ_TARGET must be one of: " + allCases.map(\.rawValue).joined(separator: " "))
            exit(64)
        }
        return target
    }()

    /// Gives one input to the target.
    func run(_ input: UnsafeRawBufferPointer) {
        switch self {
        case .record: RecordTarget.run(input)
        case .cbor: CBORTarget.run(input)
        case .manifest: ManifestTarget.run(input)
        case .header: HeaderTarget.run(input)
        case .journal: JournalTarget.run(input)
        case .mbox: MboxTarget.run(input)
        case .mime: MIMETarget.run(input)
        case .msg: MsgTarget.run(input)
        case .tnef: TnefTarget.run(input)
        case .rtf: RTFTarget.run(input)
        case .emlx: EmlxTarget.run(input)
        case .marks: MarksTarget.run(input)
        }
    }
}

/// libFuzzer's entry point.
///
/// The input is a block of its own, so the address sanitizer sees a read of even one byte beyond it.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafeRawPointer, _ count: Int) -> CInt {
    FuzzTarget.chosen.run(UnsafeRawBufferPointer(start: start, count: count))
    return 0
}

/// A property of the code under test; where it does not hold, libFuzzer keeps the input.
func require(_ holds: Bool, _ property: StaticString, file: StaticString = #fileID, line: UInt = #line) {
    guard !holds else { return }
    print("property broken: \(property) (\(file):\(line))")
    fflush(nil)
    abort()
}

/// A number that follows from the input, for choices that the fuzzer shall be able to steer.
func hash(_ input: UnsafeRawBufferPointer) -> UInt64 {
    var value: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in input { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return value ^ value >> 32
}
