/// A file's bytes: what the medium holds, and what a reader sees while the machine runs.
struct File: Hashable {
    var durable: [Page] = []
    var visible: [Page] = []
    /// Sectors written since the last fsync, one bit each, also when the bytes are the same: they may be torn.
    var unsynced: UInt64 = 0

    mutating func write(_ page: Page, at index: Int) {
        while visible.count < index { visible.append(.zero) }
        if index < visible.count { visible[index] = page } else { visible.append(page) }
        unsynced |= 1 << UInt64(index)
    }

    mutating func fsync() {
        durable = visible
        unsynced = 0
    }

    /// Every state in which a power cut can leave the bytes: each unsynced sector kept, lost or torn, the new length
    /// kept, lost or kept in part.
    func afterPowerCut() -> [[Page]] {
        guard unsynced != 0 else { return [visible] }
        var outcomes: [[Page]] = []
        for length in min(durable.count, visible.count)...visible.count {
            var partial: [[Page]] = [[]]
            for index in 0..<length {
                let old = index < durable.count ? durable[index] : Page.zero
                let choices = unsynced & 1 << UInt64(index) != 0 ? [visible[index], old, .garbage] : [visible[index]]
                partial = partial.flatMap { prefix in Set(choices).map { prefix + [$0] } }
            }
            outcomes += partial
        }
        return outcomes
    }
}

/// One name in a directory.
struct Entry: Hashable {
    var file: File?
    /// What the medium's directory says, while `isUnsynced`.
    var durable: File?
    var isUnsynced = false
}

/// The directory tree of an archive on a medium.
struct Disk: Hashable {
    var entries: [Name: Entry] = [:]

    func pages(_ name: Name) -> [Page]? { entries[name]?.file?.visible }

    var names: [Name] { entries.filter { $0.value.file != nil }.keys.sorted() }

    mutating func set(_ file: File?, as name: Name) {
        var entry = entries[name] ?? Entry()
        if !entry.isUnsynced { entry.durable = entry.file }
        entry.file = file
        entry.isUnsynced = true
        entries[name] = entry
    }

    mutating func write(_ page: Page, to name: Name, at index: Int) {
        entries[name, default: Entry()].file?.write(page, at: index)
    }

    mutating func fsync(_ name: Name) { entries[name]?.file?.fsync() }

    mutating func fsyncDirectory(of name: Name) {
        guard var entry = entries[name] else { return }
        entry.isUnsynced = false
        entry.durable = nil
        entries[name] = entry.file == nil ? nil : entry
    }

    /// Replaces the bytes of a file for good: a fault, or the end of a power cut.
    mutating func settle(_ pages: [Page]?, as name: Name) {
        entries[name] = pages.map { Entry(file: File(durable: $0, visible: $0)) }
    }

    /// Every state in which a power cut can leave the medium: each unsynced write and each unsynced name on its own.
    func afterPowerCut() -> [Disk] {
        var disks = [Disk()]
        for (name, entry) in entries {
            var outcomes: Set<[Page]?> = []
            for file in entry.isUnsynced ? [entry.file, entry.durable] : [entry.file] {
                if let file { outcomes.formUnion(file.afterPowerCut()) } else { outcomes.insert(nil) }
            }
            // On FAT a name that is being replaced can be gone altogether.
            if entry.isUnsynced { outcomes.insert(nil) }
            disks = disks.flatMap { disk in
                outcomes.map { pages in
                    var next = disk
                    next.settle(pages, as: name)
                    return next
                }
            }
        }
        return disks
    }
}
