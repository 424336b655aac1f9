internal import CPlatform

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// What tells a source from any other on this computer: where it lies, and which file or directory it is.
package struct SourceIdentity: Equatable, Sendable {
    /// The path's bytes, absolute, with every link followed.
    package let path: [UInt8]
    package let device: UInt64
    package let inode: UInt64

    /// Looks at a file or directory that a person named; nil where the system does not tell.
    package init?(path: [UInt8]) {
        guard let absolute = withCName(path, path.count, { realpath($0, nil) }), let absolute else { return nil }
        defer { free(absolute) }
        let name = Array(UnsafeRawBufferPointer(start: absolute, count: strlen(absolute)))
        let opened = withCName(name, name.count) { pa_open_named_directory($0) } ?? -1
        let number = opened >= 0 ? opened : withCName(name, name.count) { pa_open_named_file(-1, $0, 1) } ?? -1
        guard let descriptor = Descriptor(number) else { return nil }
        var found = pa_status()
        guard pa_status_of(descriptor.number, &found) >= 0 else { return nil }
        self.path = name
        device = found.device
        inode = found.inode
    }
}
