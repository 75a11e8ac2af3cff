import Foundation
import Hummingbird
import Kernel
import NIOCore

/// One file of an upload, in memory. The client's content type is a claim; Media checks the bytes.
package struct UploadedFile: Sendable {
    package var field: String
    /// The last path component the client gave.
    package var filename: String
    package var contentType: String
    package var bytes: [UInt8]

    package init(field: String, filename: String, contentType: String, bytes: [UInt8]) {
        self.field = field
        self.filename = filename
        self.contentType = contentType
        self.bytes = bytes
    }
}

/// What a form sent: names may repeat; empty values count as absent.
package struct FormInput: Sendable {
    package var items: [PageAddress.QueryItem]
    package var files: [UploadedFile]

    package init(items: [PageAddress.QueryItem] = [], files: [UploadedFile] = []) {
        self.items = items
        self.files = files
    }

    /// The first value, trimmed of white space; nil when absent or blank.
    package subscript(name: String) -> String? {
        guard let value = items.first(where: { $0.name == name })?.value.trimmedSpaces, !value.isEmpty else { return nil }
        return value
    }

    package func all(_ name: String) -> [String] { items.filter { $0.name == name && !$0.value.isEmpty }.map(\.value) }
    package func files(_ name: String) -> [UploadedFile] { files.filter { $0.field == name } }
    /// Whether a name was sent at all, blank or not (to tell "cleared" from "not in this form").
    package func has(_ name: String) -> Bool { items.contains { $0.name == name } }
}

extension String {
    package var trimmedSpaces: String {
        var part = self[...]
        while let first = part.first, first.isWhitespace { part = part.dropFirst() }
        while let last = part.last, last.isWhitespace { part = part.dropLast() }
        return String(part)
    }
}

extension Request {
    /// Reads a form: urlencoded, multipart, or a flat JSON object (so that one route serves page and API).
    ///
    /// Files have been looked at when they come out of here; see `UploadInspector`.
    ///
    /// - Throws: `.tooLarge` beyond the context's body limit, `.invalid` `JW-W400` when the body is not what its type says.
    package func form(_ context: WebContext, limit: Int? = nil) async throws -> FormInput {
        let bytes = try await bytes(context, limit: limit)
        var input = try FormInput.read(bytes, contentType: headers[.contentType] ?? "")
        if !input.files.isEmpty, let inspector = context.site.uploads {
            input.files = try await inspector.inspect(input.files, from: UploadSource(principal: context.principal, address: context.address, path: context.here.path))
        }
        return input
    }

    /// Reads a JSON body.
    ///
    /// - Throws: `.tooLarge`, `.invalid` `JW-W400` with the place of the fault.
    package func json(_ context: WebContext, limit: Int? = nil) async throws -> JSONValue {
        let bytes = try await bytes(context, limit: limit)
        do throws(JSONSyntaxError) { return try JSONValue(parsing: bytes) } catch {
            throw Failure(.invalid, "JW-W400", "请求内容不是合法的 JSON：第 \(error.offset) 字节处\(error.reason)")
        }
    }

    /// Reads the whole body.
    package func bytes(_ context: WebContext, limit: Int? = nil) async throws -> [UInt8] {
        let most = limit ?? context.maxUploadSize
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > most { throw Failure.bodyTooLarge(most) }
        do {
            let buffer = try await body.collect(upTo: most)
            return Array(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw Failure.bodyTooLarge(most)
        }
    }
}

extension Failure {
    static func bodyTooLarge(_ limit: Int) -> Failure { Failure(.tooLarge, "JW-W413", "提交内容超过 \(Figure.size(limit)) 上限") }
}

extension FormInput {
    static func read(_ bytes: [UInt8], contentType: String) throws -> FormInput {
        let type = contentType.lowercased()
        if type.hasPrefix("multipart/form-data") {
            guard let boundary = Multipart.boundary(contentType) else { throw Failure(.invalid, "JW-W400", "上传内容缺少分隔标记") }
            return try Multipart.parse(bytes, boundary: boundary)
        }
        if type.hasPrefix("application/json") {
            guard let object = try? JSONValue(parsing: bytes).object else { throw Failure(.invalid, "JW-W400", "请求内容不是合法的 JSON 对象") }
            return FormInput(
                items: object.members.flatMap { member in
                    (member.value.array ?? [member.value]).filter { !$0.isNull }.map { PageAddress.QueryItem(member.name, $0.string ?? $0.text) }
                })
        }
        return FormInput(items: FormEncoding.pairs(bytes))
    }
}

/// RFC 7578 bodies, read in memory.
enum Multipart {
    static func boundary(_ contentType: String) -> String? {
        for part in contentType.split(separator: ";").dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1).map { String($0).trimmedSpaces }
            guard pair.count == 2, pair[0].lowercased() == "boundary" else { continue }
            let value = pair[1].hasPrefix("\"") ? String(pair[1].dropFirst().dropLast()) : pair[1]
            return (1...70).contains(value.utf8.count) ? value : nil
        }
        return nil
    }

    static func parse(_ bytes: [UInt8], boundary: String) throws -> FormInput {
        let mark = Array("--\(boundary)".utf8)
        var input = FormInput()
        guard var at = find(mark, in: bytes, from: 0) else { throw broken }
        at += mark.count
        while at + 1 < bytes.count, !(bytes[at] == UInt8(ascii: "-") && bytes[at + 1] == UInt8(ascii: "-")) {
            guard let headEnd = find([13, 10, 13, 10], in: bytes, from: at) else { throw broken }
            guard let end = find([13, 10] + mark, in: bytes, from: headEnd + 2) else { throw broken }
            let head = String(decoding: bytes[min(at + 2, headEnd)..<headEnd], as: UTF8.self)
            let content = headEnd + 4 <= end ? Array(bytes[(headEnd + 4)..<end]) : []
            try append(head: head, content: content, to: &input)
            at = end + 2 + mark.count
            guard input.items.count + input.files.count <= 4000 else { throw Failure(.tooLarge, "JW-W413", "提交的字段过多") }
        }
        return input
    }

    private static let broken = Failure(.invalid, "JW-W400", "上传内容不完整，请重新上传")

    private static func append(head: String, content: [UInt8], to input: inout FormInput) throws {
        var name: String?
        var filename: String?
        var type = "application/octet-stream"
        for line in head.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let header = line[..<colon].lowercased()
            let value = String(line[line.index(after: colon)...]).trimmedSpaces
            if header == "content-type" { type = value }
            guard header == "content-disposition" else { continue }
            name = parameter("name", of: value)
            filename = parameter("filename", of: value)
        }
        guard let name else { throw broken }
        guard let filename else {
            input.items.append(.init(name, String(decoding: content, as: UTF8.self)))
            return
        }
        guard !(filename.isEmpty && content.isEmpty) else { return }
        let last = filename.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? "file"
        input.files.append(UploadedFile(field: name, filename: last, contentType: type, bytes: content))
    }

    private static func parameter(_ name: String, of value: String) -> String? {
        guard let start = value.range(of: " \(name)=\"") ?? value.range(of: ";\(name)=\"") else { return nil }
        let rest = value[start.upperBound...]
        guard let end = rest.firstIndex(of: "\"") else { return nil }
        return String(rest[..<end])
    }

    private static func find(_ needle: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBufferPointer { all -> Int? in
            var at = start
            let last = all.count - needle.count
            while at <= last {
                if all[at] == needle[0] {
                    var same = 1
                    while same < needle.count, all[at + same] == needle[same] { same += 1 }
                    if same == needle.count { return at }
                }
                at += 1
            }
            return nil
        }
    }
}
