import CSheets
import Foundation
import Kernel

/// What a part of a workbook says, in order. Subclasses note what they care for; names come without their namespace prefix.
class XMLEvents {
    /// Set to stop; rethrown by `XMLStream.parse`.
    var failure: (any Error)?
    /// Set to stop without an error.
    var isDone = false

    func open(_ name: XMLName, _ attributes: XMLAttributes) {}
    func close(_ name: XMLName) {}
    func text(_ bytes: UnsafeBufferPointer<UInt8>) {}
}

/// An element's or attribute's name, valid only inside the event.
struct XMLName {
    let pointer: UnsafePointer<CChar>

    init(_ full: UnsafePointer<CChar>) {
        var at = full
        var start = full
        while at.pointee != 0 {
            if at.pointee == 58 { start = at + 1 }
            at += 1
        }
        pointer = start
    }

    static func == (name: XMLName, word: StaticString) -> Bool {
        word.withUTF8Buffer {
            strncmp(name.pointer, UnsafeRawPointer($0.baseAddress)?.assumingMemoryBound(to: CChar.self) ?? name.pointer, $0.count) == 0 && name.pointer[$0.count] == 0
        }
    }
}

/// An element's attributes, valid only inside the event.
struct XMLAttributes {
    let pointer: UnsafeMutablePointer<UnsafePointer<CChar>?>

    /// The raw value of an attribute.
    func raw(_ word: StaticString) -> UnsafePointer<CChar>? {
        var at = pointer
        while let name = at[0], let value = at[1] {
            if XMLName(name) == word { return value }
            at += 2
        }
        return nil
    }

    func string(_ word: StaticString) -> String? { raw(word).map { String(cString: $0) } }
    func int(_ word: StaticString) -> Int? { string(word).flatMap { Int($0) } }
}

/// Feeds one member of an archive through expat.
enum XMLStream {
    /// - Returns: false when the archive has no such member.
    /// - Throws: `JW-X020` for XML that is broken or declares a document type (where entity bombs live); what the events set as their failure.
    static func parse(_ name: String, of archive: ZipReader, _ events: XMLEvents) throws -> Bool {
        try parse(name, events) { feed in try archive.read(name) { try feed($0) } }
    }

    /// The same for a part that is at hand.
    static func parse(_ bytes: [UInt8], named name: String, _ events: XMLEvents) throws {
        _ = try parse(name, events) { feed in
            try bytes.withUnsafeBytes { try feed($0) }
            return true
        }
    }

    /// - Parameter source: hands its chunks to what it is given; false when there is nothing.
    private static func parse(_ name: String, _ events: XMLEvents, _ source: (_ feed: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool) throws -> Bool {
        guard let parser = XML_ParserCreate(nil) else { throw SheetFailure.broken("内存不足") }
        defer { XML_ParserFree(parser) }
        let box = XMLBox(events: events, parser: parser)
        XML_SetUserData(parser, Unmanaged.passUnretained(box).toOpaque())
        XML_SetElementHandler(
            parser,
            { data, name, attributes in
                guard let box = XMLBox.from(data), let name, let attributes else { return }
                box.events.open(XMLName(name), XMLAttributes(pointer: attributes))
                box.stopIfNeeded()
            },
            { data, name in
                guard let box = XMLBox.from(data), let name else { return }
                box.events.close(XMLName(name))
                box.stopIfNeeded()
            })
        XML_SetCharacterDataHandler(parser) { data, text, count in
            guard let box = XMLBox.from(data), let text else { return }
            text.withMemoryRebound(to: UInt8.self, capacity: Int(count)) { box.events.text(UnsafeBufferPointer(start: $0, count: Int(count))) }
        }
        XML_SetStartDoctypeDeclHandler(parser) { data, _, _, _, _ in
            guard let box = XMLBox.from(data) else { return }
            box.events.failure = SheetFailure.broken("含有不允许的文档类型声明")
            box.stopIfNeeded()
        }
        return try withExtendedLifetime(box) { try run(parser, name, events, source) }
    }

    private struct Stopped: Error {}

    private static func run(
        _ parser: XML_Parser, _ name: String, _ events: XMLEvents, _ source: (_ feed: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool
    ) throws -> Bool {
        do {
            let isFound = try source { chunk in
                let status = XML_Parse(parser, chunk.bindMemory(to: CChar.self).baseAddress, Int32(chunk.count), 0)
                if events.failure != nil || events.isDone { throw Stopped() }
                guard status == XML_STATUS_OK else { throw SheetFailure.broken("\(name) 第 \(XML_GetCurrentLineNumber(parser)) 行格式有误") }
            }
            guard isFound else { return false }
            let status = XML_Parse(parser, nil, 0, 1)
            if let failure = events.failure { throw failure }
            guard status == XML_STATUS_OK || events.isDone else { throw SheetFailure.broken("\(name) 不完整") }
            return true
        } catch is Stopped {
            if let failure = events.failure { throw failure }
            return true
        }
    }
}

/// What expat's callbacks carry.
private final class XMLBox {
    let events: XMLEvents
    let parser: XML_Parser

    init(events: XMLEvents, parser: XML_Parser) {
        self.events = events
        self.parser = parser
    }

    static func from(_ data: UnsafeMutableRawPointer?) -> XMLBox? { data.map { Unmanaged<XMLBox>.fromOpaque($0).takeUnretainedValue() } }

    func stopIfNeeded() {
        if events.failure != nil || events.isDone { XML_StopParser(parser, XML_Bool(0)) }
    }
}
