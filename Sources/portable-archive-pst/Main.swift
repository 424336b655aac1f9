import CLibpff
import CPstJail
import PstWire

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Reads the PST or OST file at descriptor 3 and tells what is in it on standard output.
///
/// `portable-archive` starts it; it is of no use by itself. `--check-jail` tells whether the jail holds here.
@main
enum Helper {
    static func main() {
        var arguments = CommandLine.arguments[...].dropFirst()
        let checks = arguments.first == "--check-jail"
        if checks { arguments = [] }
        guard let options = Options(arguments), fcntl(PstWire.fileDescriptor, F_GETFD) != -1 else {
            complain("it is started by portable-archive")
            exit(64)
        }
        pa_jail_close_from(PstWire.fileDescriptor + 1)
        let parts = pa_jail_enter(PstWire.fileDescriptor, options.memory, Walk.processorSeconds * 2)
        guard parts >= 0 else {
            complain("the jail cannot be had: \(String(cString: strerror(-parts)))")
            exit(71)
        }
        if checks {
            guard pa_jail_seal() == 0 else { exit(71) }
            print(parts, pa_jail_probe(PstWire.fileDescriptor, options.memory))
            exit(0)
        }
        let output = Output()
        read(output, options, parts)
        output.flush()
        // What libpff holds goes with the process: freeing it could only fail.
        _exit(0)
    }

    private static func read(_ output: Output, _ options: Options, _ parts: Int32) {
        var file: UnsafeMutablePointer<libpff_file_t>?
        do throws(PffError) {
            try pff("libpff_file_initialize") { libpff_file_initialize(&file, $0) }
            // The file is there by its descriptor alone, whatever its name and wherever it lies.
            try pff("libpff_file_open") {
                libpff_file_open(
                    file,
                    "/dev/fd/\(PstWire.fileDescriptor)",
                    Int32(LIBPFF_ACCESS_FLAG_READ.rawValue),
                    $0
                )
            }
        } catch {
            return output.send(.unreadable, text: error.text)
        }
        guard pa_jail_seal() == 0 else { return output.send(.unreadable, text: "the jail cannot be sealed") }
        var content: UInt8 = 0
        var type: UInt8 = 0
        var encryption: UInt8 = 0
        libpff_file_get_content_type(file, &content, nil)
        libpff_file_get_type(file, &type, nil)
        libpff_file_get_encryption_type(file, &encryption, nil)
        output.send(.opened) {
            $0.append(PstWire.version)
            for byte in [content, type, encryption, UInt8(truncatingIfNeeded: parts)] { $0.append(byte) }
        }
        Walk(file, output, options).run()
    }

    private static func complain(_ text: String) {
        let line = "portable-archive-pst: \(text)\n"
        _ = line.utf8.withContiguousStorageIfAvailable { write(2, $0.baseAddress, $0.count) }
    }
}
