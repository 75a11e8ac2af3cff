import Cryptography
import Identity
import Kernel

/// The JSON body of a call, read with every wrong field named at once.
struct CryptoInput {
    let body: JSONValue
    private(set) var findings: [FieldFinding] = []

    init(_ body: JSONValue) { self.body = body }

    mutating func text(_ name: String, _ title: String, isRequired: Bool = true, limit: Int = 16_384) -> String {
        let value = body[name]?.string ?? ""
        if value.isEmpty, isRequired { findings.append(FieldFinding(name, "required", "不能为空", title: title)) }
        if value.utf8.count > limit { findings.append(FieldFinding(name, "range", "不能超过 \(limit) 字节", title: title)) }
        return value
    }

    /// Base64 of at most `CryptoDesk.dataLimit` bytes.
    mutating func bytes(_ name: String, _ title: String, isRequired: Bool = true) -> [UInt8] {
        guard let text = body[name]?.string else {
            if isRequired { findings.append(FieldFinding(name, "required", "不能为空", title: title)) }
            return []
        }
        guard text.utf8.count <= CryptoDesk.dataLimit * 4 / 3 + 4 else {
            findings.append(FieldFinding(name, "range", "不能超过 1 MB，更大的请用文件接口", title: title))
            return []
        }
        guard let bytes = Base64.decode(text) else {
            findings.append(FieldFinding(name, "format", "应为 Base64", title: title))
            return []
        }
        return bytes
    }

    mutating func choice<T: RawRepresentable & CaseIterable>(_ name: String, _ title: String, usual: T) -> T where T.RawValue == String {
        guard let text = body[name]?.string, !text.isEmpty else { return usual }
        guard let value = T(rawValue: text) else {
            findings.append(FieldFinding(name, "unknownCode", "应为 \(T.allCases.map(\.rawValue).joined(separator: "、")) 之一", title: title))
            return usual
        }
        return value
    }

    mutating func number(_ name: String, _ title: String, _ range: ClosedRange<Int>) -> Int {
        guard let value = body[name]?.int, range.contains(Int(value)) else {
            findings.append(FieldFinding(name, "range", "应为 \(range.lowerBound) 至 \(range.upperBound) 的整数", title: title))
            return range.lowerBound
        }
        return Int(value)
    }

    mutating func texts(_ name: String, _ title: String, _ range: ClosedRange<Int>) -> [String] {
        let values = (body[name]?.array ?? []).compactMap(\.string)
        if !range.contains(values.count) { findings.append(FieldFinding(name, "range", "应为 \(range.lowerBound) 至 \(range.upperBound) 项", title: title)) }
        return values
    }

    /// - Throws: `.invalid` with every finding so far.
    func judge() throws { guard findings.isEmpty else { throw Failure.invalid(findings) } }

    enum Format: String, CaseIterable { case raw, pkcs7 }
    enum Hash: String, CaseIterable { case SM3, SHA256 }
    enum Mode: String, CaseIterable { case CTR, CBC }
}
