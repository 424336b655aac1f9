import PstWire

/// What the tool asks for.
struct Options {
    var after: UInt64 = 0
    var avoided: Set<UInt64> = []
    /// The limit of memory, in bytes.
    var memory: UInt64 = 256 << 20
    var isSingle = false
    var recovers = false

    /// How large an item may say it is: libpff holds all of it in memory, some of it twice.
    var largestMessage: UInt64 { isSingle ? .max : memory / 6 }

    /// Reads pairs of a name and a number; nil when they are not that.
    init?(_ arguments: ArraySlice<String>) {
        var rest = arguments
        while let name = rest.popFirst() {
            guard let text = rest.popFirst(), let number = UInt64(text) else { return nil }
            switch name {
            case PstWire.Option.after: after = number
            case PstWire.Option.avoid: avoided.insert(number)
            case PstWire.Option.memory: memory = min(max(number, 16), 1 << 20) << 20
            case PstWire.Option.single: isSingle = number != 0
            case PstWire.Option.recover: recovers = number != 0
            default: return nil
            }
        }
    }
}
