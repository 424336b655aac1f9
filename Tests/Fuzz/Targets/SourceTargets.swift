import MailFormats
import OutlookFormats

/// A stream of TNEF.
enum TnefTarget {
    static func run(_ input: UnsafeRawBufferPointer) {
        guard let message = try? TnefReader.read(MemoryByteSource([UInt8](input))) else {
            require(!input.starts(with: TnefReader.signature), "what begins as TNEF is read as far as it goes")
            return
        }
        OutlookChecks.check(message, depth: 0)
        OutlookChecks.render(message)
    }
}

/// RTF, compressed or not.
enum RTFTarget {
    static func run(_ input: UnsafeRawBufferPointer) {
        let bytes = [UInt8](input)
        _ = try? RTFDocument.read(bytes)
        guard let unpacked = try? CompressedRTF.unpack(bytes) else { return }
        require(unpacked.bytes.count <= CompressedRTF.longest, "what is unpacked is bounded")
        _ = try? RTFDocument.read(unpacked.bytes)
    }
}

/// An EMLX: its parts are within it, from memory and from a file alike.
enum EmlxTarget {
    static func run(_ input: UnsafeRawBufferPointer) {
        let isSniffed = EmlxFile.sniff(prefix: input)
        let file = EmlxFile(input)
        let other = (try? EmlxFile(MemoryByteSource([UInt8](input)))) ?? nil
        require(file == other, "memory and file are read alike")
        _ = EmlxParts(input)
        guard let file else {
            require(!isSniffed, "what is sniffed is read")
            return
        }
        require(file.message.upperBound <= file.propertyList.lowerBound, "the property list follows the message")
        require(file.propertyList.upperBound <= UInt64(input.count), "the property list is within the file")
        let message = UnsafeRawBufferPointer(rebasing: input[file.message])
        require(EmlxParts(message).parts.count <= EmlxParts.maximumCount, "missing parts are bounded")
    }
}

/// A header with marks of mail programs.
enum MarksTarget {
    static func run(_ input: UnsafeRawBufferPointer) {
        let marks = MailMarks(of: input, lineEnds: LineEndStyle.detect(input))
        for value in [marks.mozillaKeys, marks.keywords, marks.label, marks.gmailLabels] {
            require((value?.count ?? 0) <= MailMarks.valueByteLimit, "a kept value is bounded")
        }
        require(marks.mozillaLabel <= 7, "a label has three bits")
        _ = SeparatorDate.parse(input)
    }
}
