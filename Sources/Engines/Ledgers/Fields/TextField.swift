import Kernel
import Storage

/// `.text` and `.note`: characters, trimmed, without control characters; a note may have lines.
struct TextField: FieldBehaviour {
    let length: ClosedRange<Int>
    let isLong: Bool

    func columns(of field: Field) -> [Column] { [Column(snakeCased(field.name), .text)] }

    func accept(_ input: JSONValue, for field: Field, _ context: InputContext) -> Accepted {
        guard let written = input.written else { return .refused("type", "应为文字") }
        let text = needsTrimming(written) ? written.trimmed : written
        if let check = field.check {
            switch FieldChecks.judge(check, text, context) {
            case .accepted(let normal): return sized(normal)
            case .refused(let message): return .refused("format", message)
            }
        }
        return sized(text)
    }

    private func sized(_ text: String) -> Accepted {
        for byte in text.utf8 where byte < 32 || byte == 127 {
            guard isLong, byte == 10 || byte == 13 || byte == 9 else { return .refused("format", "含有不可见字符") }
        }
        // A character has at least one byte: short texts need not be counted.
        let bytes = text.utf8.count
        if bytes <= length.upperBound, length.lowerBound <= 1 { return .value(.text(text)) }
        let count = text.count
        guard length.contains(count) else {
            return .refused(
                "length", length.lowerBound == length.upperBound ? "应为 \(length.lowerBound) 个字，现为 \(count) 个" : "应为 \(length.lowerBound) 至 \(length.upperBound) 个字，现为 \(count) 个")
        }
        return .value(.text(text))
    }

    private func needsTrimming(_ text: String) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return false }
        return first <= 32 || last <= 32 || first >= 0xC2 || last >= 0x80
    }
}
