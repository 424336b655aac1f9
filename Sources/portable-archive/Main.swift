import ArchiveCommands

@main
struct Main {
    static func main() { PortableArchiveTool.main() }
}
