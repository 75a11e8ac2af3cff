/// What a text is not, and where.
package struct JSONSyntaxError: Error, Sendable, Equatable {
    package let offset: Int
    package let reason: String
}

extension JSONValue {
    /// Reads RFC 8259 JSON in UTF-8.
    ///
    /// - Throws: `JSONSyntaxError`; nesting deeper than 64 is refused so that a hostile body cannot use up the stack.
    package init(parsing bytes: [UInt8]) throws(JSONSyntaxError) {
        var failure: JSONSyntaxError?
        let value = bytes.withUnsafeBufferPointer { buffer -> JSONValue in
            var parser = JSONParser(bytes: buffer)
            do throws(JSONSyntaxError) {
                return try parser.parseDocument()
            } catch {
                failure = error
                return .null
            }
        }
        if let failure { throw failure }
        self = value
    }

    package init(parsing text: String) throws(JSONSyntaxError) { try self.init(parsing: Array(text.utf8)) }
}

private struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    var at = 0
    var depth = 0

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func parseDocument() throws(JSONSyntaxError) -> JSONValue {
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { at = 3 }
        let value = try parseValue()
        skipSpace()
        guard at == bytes.count else { throw fail("多余的内容") }
        return value
    }

    func fail(_ reason: String) -> JSONSyntaxError { JSONSyntaxError(offset: at, reason: reason) }

    mutating func skipSpace() {
        while at < bytes.count {
            let byte = bytes[at]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            at += 1
        }
    }

    mutating func parseValue() throws(JSONSyntaxError) -> JSONValue {
        skipSpace()
        guard at < bytes.count else { throw fail("内容不完整") }
        switch bytes[at] {
        case UInt8(ascii: "{"): return try parseObject()
        case UInt8(ascii: "["): return try parseArray()
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        default: return try parseNumber()
        }
    }

    mutating func parseWord(_ word: StaticString, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
        let length = word.utf8CodeUnitCount
        guard at + length <= bytes.count else { throw fail("内容不完整") }
        for index in 0..<length where bytes[at + index] != word.utf8Start[index] { throw fail("无法识别的值") }
        at += length
        return value
    }

    mutating func parseObject() throws(JSONSyntaxError) -> JSONValue {
        depth += 1
        guard depth <= 64 else { throw fail("嵌套过深") }
        at += 1
        var members: [(name: String, value: JSONValue)] = []
        members.reserveCapacity(24)
        skipSpace()
        if at < bytes.count, bytes[at] == UInt8(ascii: "}") {
            at += 1
            depth -= 1
            return .object(JSONObject())
        }
        while true {
            skipSpace()
            guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { throw fail("此处应为字段名") }
            let name = try parseString()
            skipSpace()
            guard at < bytes.count, bytes[at] == UInt8(ascii: ":") else { throw fail("字段名后应为冒号") }
            at += 1
            members.append((name, try parseValue()))
            skipSpace()
            guard at < bytes.count else { throw fail("对象未结束") }
            if bytes[at] == UInt8(ascii: ",") {
                at += 1
                continue
            }
            guard bytes[at] == UInt8(ascii: "}") else { throw fail("此处应为逗号或右花括号") }
            at += 1
            depth -= 1
            return .object(JSONObject(members))
        }
    }

    mutating func parseArray() throws(JSONSyntaxError) -> JSONValue {
        depth += 1
        guard depth <= 64 else { throw fail("嵌套过深") }
        at += 1
        var elements: [JSONValue] = []
        skipSpace()
        if at < bytes.count, bytes[at] == UInt8(ascii: "]") {
            at += 1
            depth -= 1
            return .array([])
        }
        while true {
            elements.append(try parseValue())
            skipSpace()
            guard at < bytes.count else { throw fail("数组未结束") }
            if bytes[at] == UInt8(ascii: ",") {
                at += 1
                continue
            }
            guard bytes[at] == UInt8(ascii: "]") else { throw fail("此处应为逗号或右方括号") }
            at += 1
            depth -= 1
            return .array(elements)
        }
    }

    mutating func parseString() throws(JSONSyntaxError) -> String {
        at += 1
        let start = at
        var all: UInt8 = 0
        while at < bytes.count {
            let byte = bytes[at]
            if byte == UInt8(ascii: "\"") {
                let text = try text(UnsafeBufferPointer(rebasing: bytes[start..<at]), isASCII: all < 0x80)
                at += 1
                return text
            }
            if byte == UInt8(ascii: "\\") { return try parseEscapedString(from: start) }
            guard byte >= 0x20 else { throw fail("文字中有控制字符") }
            all |= byte
            at += 1
        }
        throw fail("文字未结束")
    }

    /// `String(validating:)` is not specialised for bytes, and looks its generic types up for every text; decoding mends what is no UTF-8, so what came out unchanged was valid.
    func text(_ part: UnsafeBufferPointer<UInt8>, isASCII: Bool) throws(JSONSyntaxError) -> String {
        var text = String(decoding: part, as: UTF8.self)
        if isASCII { return text }
        let isSame = text.withUTF8 { made in made.elementsEqual(part) }
        guard isSame else { throw fail("不是合法的 UTF-8 文字") }
        return text
    }

    mutating func parseEscapedString(from start: Int) throws(JSONSyntaxError) -> String {
        var out = Array(bytes[start..<at])
        while at < bytes.count {
            let byte = bytes[at]
            if byte == UInt8(ascii: "\"") {
                guard let text = String(validating: out, as: UTF8.self) else { throw fail("不是合法的 UTF-8 文字") }
                at += 1
                return text
            }
            guard byte >= 0x20 else { throw fail("文字中有控制字符") }
            if byte == UInt8(ascii: "\\") {
                try parseEscape(into: &out)
            } else {
                out.append(byte)
                at += 1
            }
        }
        throw fail("文字未结束")
    }

    mutating func parseEscape(into out: inout [UInt8]) throws(JSONSyntaxError) {
        guard at + 1 < bytes.count else { throw fail("文字未结束") }
        let kind = bytes[at + 1]
        at += 2
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(kind)
        case UInt8(ascii: "b"): out.append(8)
        case UInt8(ascii: "f"): out.append(12)
        case UInt8(ascii: "n"): out.append(10)
        case UInt8(ascii: "r"): out.append(13)
        case UInt8(ascii: "t"): out.append(9)
        case UInt8(ascii: "u"):
            var code = try parseHex()
            if (0xD800..<0xDC00).contains(code), at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u") {
                at += 2
                let low = try parseHex()
                guard (0xDC00..<0xE000).contains(low) else { throw fail("代理对不完整") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw fail("代理对不完整") }
            out.append(contentsOf: String(Character(scalar)).utf8)
        default: throw fail("无法识别的转义")
        }
    }

    mutating func parseHex() throws(JSONSyntaxError) -> UInt32 {
        guard at + 4 <= bytes.count else { throw fail("转义不完整") }
        var value: UInt32 = 0
        for _ in 0..<4 {
            let byte = bytes[at]
            let digit: UInt8
            switch byte {
            case 48...57: digit = byte - 48
            case 65...70: digit = byte - 55
            case 97...102: digit = byte - 87
            default: throw fail("转义不完整")
            }
            value = value << 4 | UInt32(digit)
            at += 1
        }
        return value
    }

    mutating func parseNumber() throws(JSONSyntaxError) -> JSONValue {
        let start = at
        if at < bytes.count, bytes[at] == UInt8(ascii: "-") { at += 1 }
        let firstDigit = at
        while at < bytes.count, isDigit(bytes[at]) { at += 1 }
        guard at > firstDigit, !(bytes[firstDigit] == UInt8(ascii: "0") && at > firstDigit + 1) else {
            at = start
            throw fail("无法识别的值")
        }
        var isInteger = true
        if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
            isInteger = false
            at += 1
            let fraction = at
            while at < bytes.count, isDigit(bytes[at]) { at += 1 }
            guard at > fraction else { throw fail("小数点后应有数字") }
        }
        if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            at += 1
            if at < bytes.count, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") { at += 1 }
            let exponent = at
            while at < bytes.count, isDigit(bytes[at]) { at += 1 }
            guard at > exponent else { throw fail("指数不完整") }
        }
        if isInteger, at - start <= 18 {
            var value: Int64 = 0
            for index in firstDigit..<at { value = value * 10 + Int64(bytes[index] - 48) }
            return .int(bytes[start] == UInt8(ascii: "-") ? -value : value)
        }
        let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<at]), as: UTF8.self)
        if isInteger, let value = Int64(text) { return .int(value) }
        guard let value = Double(text), value.isFinite else { throw fail("数字超出范围") }
        return .double(value)
    }

    func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }
}
