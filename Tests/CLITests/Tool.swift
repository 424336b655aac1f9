import Foundation
import Testing

/// Runs the built binary in a directory of its own.
struct Tool {
    let directory: URL
    /// Set in the environment of every run.
    var passphrase: String? = "correct horse"
    /// Whether every run gets `--key-file`: no passphrase is stretched, so it is quick.
    var usesKeyFile = false

    struct Result {
        var status: Int32
        var output: Data
        var error: String
        var text: String { String(decoding: output, as: UTF8.self) }
        var json: [String: Any] {
            ((try? JSONSerialization.jsonObject(with: output)) as? [String: Any]) ?? [:]
        }
    }

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("cli-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(at: directory) }

    /// The root of the package.
    static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The binary lies beside the test runner.
    static let binary: URL = {
        let runner = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        var folder = runner.deletingLastPathComponent()
        while folder.path.count > 1 {
            let candidate = folder.appendingPathComponent("portable-archive")
            if isFile(candidate) { return candidate }
            folder = folder.deletingLastPathComponent()
        }
        return runner
    }()

    private static func isFile(_ url: URL) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory) && !isDirectory.boolValue
    }

    func run(_ arguments: String..., input: Data? = nil) throws -> Result { try run(arguments, input: input) }

    /// Runs the binary, or a command line of which it is the last word before the arguments.
    func run(
        _ arguments: [String],
        input: Data? = nil,
        through wrapper: [String] = [],
        environment more: [String: String] = [:]
    ) throws -> Result {
        let process = Process()
        let words = wrapper + [Tool.binary.path] + arguments + (usesKeyFile ? ["--key-file", "key"] : [])
        process.executableURL = URL(fileURLWithPath: words[0].hasPrefix("/") ? words[0] : "/usr/bin/env")
        process.arguments = words[0].hasPrefix("/") ? Array(words.dropFirst()) : words
        process.currentDirectoryURL = directory
        var environment = ProcessInfo.processInfo.environment
        environment["PORTABLE_ARCHIVE_PASSPHRASE_COMMAND"] = nil
        environment["PORTABLE_ARCHIVE_PASSPHRASE"] = passphrase
        environment["XDG_STATE_HOME"] = directory.appendingPathComponent("state").path
        process.environment = environment.merging(more) { $1 }
        // Files, not pipes: nothing blocks however much is printed.
        let names = ["stdin", "stdout", "stderr"].map {
            directory.appendingPathComponent(".\($0)-\(UUID().uuidString)")
        }
        for url in names { try Data().write(to: url) }
        try (input ?? Data()).write(to: names[0])
        defer { for url in names { try? FileManager.default.removeItem(at: url) } }
        process.standardInput = try FileHandle(forReadingFrom: names[0])
        process.standardOutput = try FileHandle(forWritingTo: names[1])
        process.standardError = try FileHandle(forWritingTo: names[2])
        try process.run()
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus,
            output: try Data(contentsOf: names[1]),
            error: String(decoding: try Data(contentsOf: names[2]), as: UTF8.self)
        )
    }

    /// Runs the binary until it has a file open and waits on its standard input; then the body, then the end of the input.
    ///
    /// - Parameter name: The file; nil: any file without a name, into which standard input is taken.
    func runWaiting(
        _ arguments: [String],
        untilOpen name: String?,
        then body: (Process) throws -> Void
    ) throws -> Result {
        let process = Process()
        // The threads of a test run block signals, and a child inherits that.
        let unblocked =
            "import os, signal, sys; signal.pthread_sigmask(signal.SIG_SETMASK, []); os.execv(sys.argv[1], sys.argv[1:])"
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["python3", "-c", unblocked, Tool.binary.path] + arguments + (usesKeyFile ? ["--key-file", "key"] : [])
        process.currentDirectoryURL = directory
        let (input, output, error) = (Pipe(), Pipe(), Pipe())
        (process.standardInput, process.standardOutput, process.standardError) = (input, output, error)
        try process.run()
        let wanted = name.map { directory.resolvingSymlinksInPath().appendingPathComponent($0).path }
        let opened = "/proc/\(process.processIdentifier)/fd"
        var isOpen = false
        for _ in 0..<6000 where !isOpen && process.isRunning {
            let numbers = (try? FileManager.default.contentsOfDirectory(atPath: opened)) ?? []
            isOpen = numbers.contains { number in
                let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(opened)/\(number)")
                return wanted.map { path == $0 } ?? (path?.hasSuffix(" (deleted)") == true)
            }
            usleep(5000)
        }
        #expect(isOpen)
        try body(process)
        try input.fileHandleForWriting.close()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        let told = try error.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Result(status: process.terminationStatus, output: text, error: String(decoding: told, as: UTF8.self))
    }

    /// Runs a line of shell in the directory; gives its status.
    func shell(_ line: String) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", line]
        process.currentDirectoryURL = directory
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    func write(_ text: String, to name: String) throws { try write(Data(text.utf8), to: name) }

    func write(_ data: Data, to name: String) throws {
        let url = directory.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: url)
    }

    func read(_ name: String) throws -> Data { try Data(contentsOf: directory.appendingPathComponent(name)) }

    func files(below name: String) -> [String] {
        let base = directory.appendingPathComponent(name)
        let all = FileManager.default.enumerator(atPath: base.path)?.allObjects as? [String] ?? []
        return all.filter { Tool.isFile(base.appendingPathComponent($0)) }.sorted()
    }
}
