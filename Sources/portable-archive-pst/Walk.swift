import CLibpff
import PstWire

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Walks a store: its folders, then, when told to, what was deleted.
///
/// The order is always the same, so an ordinal names the same step in each run that has avoided the same earlier steps.
final class Walk {
    private static let maximumDepth = 128
    /// After so many seconds of processor time another process goes on.
    static let processorSeconds: UInt64 = 240

    private let file: UnsafeMutablePointer<libpff_file_t>?
    private let output: Output
    private let messages: Messages
    private let options: Options
    private var ordinal: UInt64 = 0
    private var delivered = 0
    private let memoryAtStart: UInt64

    init(_ file: UnsafeMutablePointer<libpff_file_t>?, _ output: Output, _ options: Options) {
        self.file = file
        self.output = output
        self.options = options
        messages = Messages(file, output)
        memoryAtStart = Walk.usage().memory
    }

    /// This process shall not go on.
    private struct Handover: Error {}

    func run() {
        do {
            var root: UnsafeMutablePointer<libpff_item_t>?
            try pff("the root folder") { libpff_file_get_root_folder(file, &root, $0) }
            guard let root = PffItem(root) else { throw PffError("there is no root folder") }
            try folder(root, depth: 0)
            try orphans()
            if options.recovers { try recovered() }
            output.send(.done)
        } catch is Handover {
            output.send(.handover)
        } catch let error as PffError {
            output.send(.unreadable, text: error.text)
        } catch {
            output.send(.unreadable, text: "unknown")
        }
    }

    /// Tells what is done next; false when it is not to be done.
    private func begin(_ step: PstWire.Step, _ number: UInt64, node: UInt32 = 0, position: Int = 0) -> Bool {
        guard !options.avoided.contains(number) else { return false }
        if step == .message || step == .recovered, number <= options.after { return false }
        tell(step, number, node, position)
        return true
    }

    private func tell(_ step: PstWire.Step, _ number: UInt64, _ node: UInt32, _ position: Int) {
        output.send(.step) {
            $0.append(number)
            $0.append(step.rawValue)
            $0.append(node)
            $0.append(UInt32(clamping: position))
        }
        output.flush()
    }

    private func folder(_ folder: PffItem, depth: Int) throws {
        var count = 0
        do throws(PffError) {
            count = try folder.count("the messages", libpff_folder_get_number_of_sub_messages)
        } catch {
            describe(folder, depth: depth, count: 0)
            output.send(.folderLoss, text: "the list of its items cannot be read: \(error.text)")
            count = -1
        }
        if count >= 0 { describe(folder, depth: depth, count: count) }
        if let associated = try? folder.count("settings", libpff_folder_get_number_of_sub_associated_contents),
            associated > 0
        {
            omit(.associated, associated)
        }
        try items(of: folder, listed: count)
        guard depth < Walk.maximumDepth else {
            return output.send(.folderLoss, text: "the folders in it lie too deep")
        }
        let folders: Int
        do throws(PffError) {
            folders = try folder.count("the folders", libpff_folder_get_number_of_sub_folders)
        } catch {
            return output.send(.folderLoss, text: "the list of its folders cannot be read: \(error.text)")
        }
        for index in 0..<folders {
            ordinal += 1
            let number = ordinal
            guard begin(.folder, number, position: index) else { continue }
            let child: PffItem
            let node: UInt32
            do throws(PffError) {
                child = try folder.child("the folder", index, libpff_folder_get_sub_folder)
                node = try child.identifier()
            } catch {
                output.send(.failed, text: error.text)
                continue
            }
            // A search folder only leads to what lies in others.
            guard node & 0x1F != 3 else { continue }
            tell(.folder, number, node, index)
            try self.folder(child, depth: depth + 1)
        }
    }

    private func describe(_ folder: PffItem, depth: Int, count: Int) {
        let entries = (try? folder.entries(of: 0)) ?? []
        let expected = entries.first { $0.id == 0x3602 }?.number()
        var size = 0
        var name: [UInt8] = []
        if libpff_folder_get_utf8_name_size(folder.handle, &size, nil) == 1, size > 0, size <= 1 << 16 {
            name = [UInt8](repeating: 0, count: size)
            if libpff_folder_get_utf8_name(folder.handle, &name, size, nil) != 1 { name = [] }
        }
        output.send(.folder) {
            $0.append(UInt16(clamping: depth))
            $0.append(UInt8(expected == nil ? 0 : 1))
            $0.append(UInt32(clamping: expected ?? 0))
            $0.append(UInt32(clamping: count))
            $0.append(name.prefix { $0 != 0 })
        }
    }

    /// The items that a folder lists; where it has no list that can be read, those that lie in it.
    private func items(of folder: PffItem, listed: Int) throws {
        let isListed = listed >= 0
        let count =
            isListed ? listed : (try? folder.count("the items", libpff_item_get_number_of_sub_items)) ?? 0
        let first = ordinal + 1
        ordinal += UInt64(count)
        for index in 0..<count {
            let number = first + UInt64(index)
            guard begin(.message, number, position: index) else { continue }
            do throws(PffError) {
                let item =
                    isListed
                    ? try folder.child("the message", index, libpff_folder_get_sub_message)
                    : try folder.child("the item", index, libpff_item_get_sub_item)
                let node = try item.identifier()
                guard isListed || node & 0x1F == 4 else { continue }
                tell(.message, number, node, index)
                guard try messages.send(item, isRecovered: false, limit: options.largestMessage) else {
                    output.send(.wantsMemory)
                    throw PffError("")
                }
            } catch {
                if error.text.isEmpty { throw Handover() }
                output.send(.failed, text: error.text)
            }
            try rest()
        }
    }

    private func omit(_ omission: PstWire.Omission, _ count: Int) {
        output.send(.omitted) {
            $0.append(omission.rawValue)
            $0.append(UInt32(clamping: count))
        }
    }

    /// Items that have no folder any more.
    private func orphans() throws {
        ordinal += 1
        guard begin(.recovery, ordinal) else { return }
        var number: Int32 = 0
        guard libpff_file_get_number_of_orphan_items(file, &number, nil) == 1, number > 0 else { return }
        try outside(Int(number)) { (index, found, error) in
            libpff_file_get_orphan_item_by_index(self.file, Int32(clamping: index), &found, error)
        }
    }

    /// Items that are left in what the store has given up.
    private func recovered() throws {
        ordinal += 1
        guard begin(.recovery, ordinal) else { return }
        guard libpff_file_recover_items(file, 0, nil) == 1 else {
            return output.send(.failed, text: "the search for deleted items failed")
        }
        var number: Int32 = 0
        guard libpff_file_get_number_of_recovered_items(file, &number, nil) == 1, number > 0 else { return }
        try outside(Int(number)) { (index, found, error) in
            libpff_file_get_recovered_item_by_index(self.file, Int32(clamping: index), &found, error)
        }
    }

    private func outside(
        _ count: Int,
        _ get: (Int, inout UnsafeMutablePointer<libpff_item_t>?, PffErrorPlace) -> Int32
    ) throws {
        let first = ordinal + 1
        ordinal += UInt64(count)
        var omitted = 0
        for index in 0..<count {
            let number = first + UInt64(index)
            guard options.recovers else {
                omitted += 1
                continue
            }
            guard begin(.recovered, number, position: index) else { continue }
            var found: UnsafeMutablePointer<libpff_item_t>?
            var error: UnsafeMutablePointer<libpff_error_t>?
            let result = get(index, &found, &error)
            if error != nil { libpff_error_free(&error) }
            // Much of what is found is no message, or only half of one: that is nothing lost.
            guard result == 1, let item = PffItem(found), let node = try? item.identifier(), node & 0x1F == 4 else {
                continue
            }
            tell(.recovered, number, node, index)
            do throws(PffError) {
                if try !messages.send(item, isRecovered: true, limit: options.largestMessage) {
                    output.send(.wantsMemory)
                    throw PffError("")
                }
            } catch {
                if error.text.isEmpty { throw Handover() }
            }
            try rest()
        }
        if omitted > 0 { omit(.deleted, omitted) }
    }

    /// After an item: whether this process has done enough.
    private func rest() throws {
        delivered += 1
        if options.isSingle { throw Handover() }
        guard delivered % 16 == 0 else { return }
        let usage = Walk.usage()
        let enough = max(options.memory / 4 * 3, memoryAtStart + (48 << 20))
        if usage.seconds > Walk.processorSeconds || usage.memory > enough { throw Handover() }
    }

    private static func usage() -> (seconds: UInt64, memory: UInt64) {
        var usage = rusage()
        guard getrusage(0, &usage) == 0 else { return (0, 0) }
        let seconds = UInt64(max(0, usage.ru_utime.tv_sec)) + UInt64(max(0, usage.ru_stime.tv_sec))
        #if canImport(Darwin)
            return (seconds, UInt64(max(0, usage.ru_maxrss)))
        #else
            return (seconds, UInt64(max(0, usage.ru_maxrss)) << 10)
        #endif
    }
}
