import Kernel

/// The named checks of declarations, each implemented once on Kernel's codes. A check also gives the spelling that is stored.
enum FieldChecks {
    enum Judgement {
        case accepted(String)
        case refused(String)
    }

    static func judge(_ check: FieldCheck, _ text: String, _ context: InputContext) -> Judgement {
        switch check {
        case .vin:
            let vin = VIN(normalizing: text)
            // A wrong check digit is common on older vehicles: a warning elsewhere, no refusal here.
            return vin.isWellFormed ? .accepted(vin.text) : .refused("应为 17 位数字和字母，且不含 I、O、Q")
        case .plate:
            let plate = PlateNumber(normalizing: text)
            return verdict(plate.text, PlateFinding.findings(plate, color: nil).first?.title)
        case .creditCode:
            let code = CreditCode(normalizing: text)
            return verdict(code.text, code.findings.first?.title)
        case .idCard:
            let card = IDCard(normalizing: text)
            return verdict(card.text, card.findings(on: context.today).first?.title)
        case .phone:
            let phone = Phone(normalizing: text)
            return phone.isValid ? .accepted(phone.text) : .refused("不是有效的手机号或固定电话")
        case .email:
            return isEmail(text) ? .accepted(text) : .refused("不是有效的电子邮箱")
        case .region:
            let code = CodeText.normalize(text)
            return Region(code: code) != nil ? .accepted(code) : .refused("不是有效的六位行政区划代码")
        case .enterpriseCode:
            let code = CodeText.normalize(text)
            return isPlain(code, 1...30) ? .accepted(code) : .refused("只能是 30 位以内的数字和大写字母")
        case .environmentCode:
            let code = CodeText.normalize(text)
            return isPlain(code, 1...32) ? .accepted(code) : .refused("只能是 32 位以内的数字、字母和连字符")
        case .time:
            return isTime(text) ? .accepted(text) : .refused("应写成 08:30 的样子")
        case .notFuture:
            return .accepted(text)
        }
    }

    /// The masked form of a personal value; the check tells what kind of value it is.
    static func masked(_ text: String, _ check: FieldCheck?) -> String {
        guard !text.isEmpty else { return "" }
        return switch check {
        case .phone: Masking.phone(text)
        case .idCard: Masking.idCard(text)
        case .email: Masking.email(text)
        case .vin, .creditCode, .plate, .environmentCode, .enterpriseCode: text.prefix(3) + String(repeating: "*", count: max(1, text.count - 5)) + text.dropFirst(3).suffix(2)
        default: Masking.name(text)
        }
    }

    private static func verdict(_ text: String, _ refusal: String?) -> Judgement { refusal.map { .refused("有误：\($0)") } ?? .accepted(text) }

    private static func isEmail(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, text.utf8.count <= 254, text.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else { return false }
        return parts[1].contains(".") && !parts[1].hasPrefix(".") && !parts[1].hasSuffix(".")
    }

    private static func isPlain(_ text: String, _ length: ClosedRange<Int>) -> Bool {
        length.contains(text.utf8.count) && text.utf8.allSatisfy { ($0 >= 48 && $0 <= 57) || ($0 >= 65 && $0 <= 90) || $0 == 45 || $0 == 95 }
    }

    private static func isTime(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 && CodeText.isDigits($0) }), let hour = Int(parts[0]), let minute = Int(parts[1]) else { return false }
        return hour < 24 && minute < 60
    }
}
