import Kernel

/// Codes with valid check digits for vehicles and enterprises that do not exist.
enum DemoCodes {
    private static let creditAlphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY")
    private static let creditWeights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
    private static let organizationWeights = [3, 7, 9, 10, 5, 8, 4, 2]
    /// Letters and digits of plates and of VINs: without I, O (and Q).
    static let plateCharacters = Array("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ")
    private static let vinWeights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]
    private static let vinValues: [Character: Int] = [
        "A": 1, "B": 2, "C": 3, "D": 4, "E": 5, "F": 6, "G": 7, "H": 8, "J": 1, "K": 2, "L": 3, "M": 4, "N": 5, "P": 7, "R": 9, "S": 2, "T": 3, "U": 4, "V": 5, "W": 6, "X": 7,
        "Y": 8, "Z": 9,
    ]

    /// 统一社会信用代码 of a company of a county (GB 32100, GB 11714).
    static func credit(county: String, number: Int) -> String {
        let digits = String(number)
        let body = "MAY0" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits.suffix(4)
        var sum = 0
        for (index, character) in body.enumerated() { sum += (character.hexDigitOrLetter) * organizationWeights[index] }
        let check = 11 - sum % 11
        let organization = body + (check == 10 ? "X" : check == 11 ? "0" : String(check))
        let code = "91" + county + organization
        var total = 0
        for (index, character) in code.enumerated() { total += (creditAlphabet.firstIndex(of: character) ?? 0) * creditWeights[index] }
        return code + String(creditAlphabet[(31 - total % 31) % 31])
    }

    /// - Parameters:
    ///   - head: eight characters, maker and build.
    ///   - year: of manufacture, 2010...2030.
    static func vin(head: String, year: Int, serial: Int) -> String {
        let years = Array("ABCDEFGHJKLMNPRSTVWXY")
        let digits = String(serial % 1_000_000)
        let tail = String(years[min(max(year - 2010, 0), years.count - 1)]) + "D" + String(repeating: "0", count: 6 - digits.count) + digits
        let open = Array(head.prefix(8) + "0" + tail)
        var sum = 0
        for (index, character) in open.enumerated() { sum += (character.wholeNumberValue ?? vinValues[character] ?? 0) * vinWeights[index] }
        let check = sum % 11
        return String(open[0..<8]) + (check == 10 ? "X" : String(check)) + String(open[9...])
    }

    static func plate(_ color: PlateColor, _ random: inout DemoRandom) -> String {
        let city = random.chance(0.82) ? "冀A" : random.pick(["冀B", "冀D", "冀E", "冀F", "冀T", "晋C", "鲁A", "豫E", "津C"])
        switch color {
        case .green: return city + random.pick(["D", "A", "B"]) + digits(5, &random)
        case .yellowGreen: return city + digits(5, &random) + random.pick(["D", "A"])
        default:
            // One letter at most among the five, as most issued numbers are.
            var tail = Array(digits(5, &random))
            if random.chance(0.7) { tail[random.int(0...4)] = plateCharacters[random.int(10...33)] }
            return city + String(tail)
        }
    }

    static func digits(_ count: Int, _ random: inout DemoRandom) -> String {
        var text = ""
        for _ in 0..<count { text += String(random.int(0...9)) }
        return text
    }
}

extension Character {
    fileprivate var hexDigitOrLetter: Int { wholeNumberValue ?? asciiValue.map { Int($0) - 55 } ?? 0 }
}
