import Kernel
import Testing

@Suite("GB 16735 车辆识别代号")
struct VINTests {
    @Test(arguments: ["1M8GDM9AXKP042788", "11111111111111111", "LGAG4DY37J8010131", "LSVAA49J132047371", " lsvaa49j132047371 "])
    func valid(_ text: String) {
        let vin = VIN(normalizing: text)
        #expect(vin.hasValidCheckDigit)
        #expect(vin.findings.isEmpty)
    }

    @Test(arguments: [
        ("LFMARE2C7A0222222", VINFinding.checkDigit), ("LSVAA49J13204737", .length), ("LSVAA49J1320473711", .length), ("", .length), ("LSVAA49J13204737I", .character),
        ("LSVAA49J13204737O", .character), ("LSVAA49J13204737Q", .character), ("LSVAA49J13204737-", .character), ("LSVAA49J132047372", .checkDigit),
    ])
    func invalid(_ text: String, _ finding: VINFinding) { #expect(VIN(normalizing: text).findings == [finding]) }

    @Test(arguments: [
        ("LGAG4DY37J8010131", 2026, 2018), ("1M8GDM9AXKP042788", 2026, 2019), ("1M8GDM9AXKP042788", 2018, 1989), ("LSVAA49J132047371", 2026, 2003),
        ("11111111111111111", 2035, 2031),
    ])
    func modelYears(_ text: String, _ now: Int, _ year: Int) { #expect(VIN(normalizing: text).modelYear(notAfter: now) == year) }

    @Test func noModelYear() {
        #expect(VIN(normalizing: "LGAG4DY37U8010131").modelYear(notAfter: 2026) == nil)
        #expect(VIN(normalizing: "X").modelYear(notAfter: 2026) == nil)
        #expect(VIN(normalizing: "1M8GDM9AXKP042788").modelYear(notAfter: 1980) == nil)
    }
}

@Suite("GB 32100 统一社会信用代码")
struct CreditCodeTests {
    static let valid = ["91350100M000100Y43", "91320400732252465D", "9132040056775521X8", "91320413588424540H", "91110000600037341L"]

    @Test(arguments: valid) func isValid(_ text: String) { #expect(CreditCode(normalizing: text).isValid) }

    @Test(arguments: valid) func anyFlippedCharacterIsSeen(_ text: String) {
        for index in 0..<18 {
            var bytes = Array(text.utf8)
            bytes[index] = bytes[index] == UInt8(ascii: "7") ? UInt8(ascii: "8") : UInt8(ascii: "7")
            #expect(!CreditCode(normalizing: String(decoding: bytes, as: UTF8.self)).isValid)
        }
    }

    @Test(arguments: [
        ("", CreditCodeFinding.length), ("91350100M000100Y4", .length), ("91350100M000100Y4S", .character), ("91350100I000100Y43", .character),
        ("91350100M000100Y44", .checkCharacter),
    ])
    func invalid(_ text: String, _ finding: CreditCodeFinding) { #expect(CreditCode(normalizing: text).findings == [finding]) }

    @Test func parts() {
        let code = CreditCode(normalizing: "91320400732252465D")
        #expect(code.regionCode == "320400")
        #expect(code.organizationCode.text == "732252465")
        #expect(code.organizationCode.isValid)
    }

    @Test(arguments: [("73225246-5", true), ("732252465", true), ("73225246-6", false), ("7322524-5", false), ("", false), ("7322524655", false), ("D2143569-X", true)])
    func organizationCodes(_ text: String, _ isValid: Bool) { #expect(OrganizationCode(normalizing: text).isValid == isValid) }

    @Test(arguments: ["91350100M000100Y43001", "91350100M000100Y43001V", "91320400732252465D002P"])
    func pollutantUnits(_ text: String) { #expect(PollutantUnitCode(normalizing: text).isValid) }

    @Test(arguments: [
        ("91350100M000100Y43", PollutantUnitCodeFinding.length), ("91350100M000100Y44001V", .creditCode), ("91350100M000100Y43000V", .sequence),
        ("91350100M000100Y430A1V", .sequence), ("91350100M000100Y43001-", .checkCharacter), ("91350100M000100Y43001VV", .length),
    ])
    func wrongPollutantUnits(_ text: String, _ finding: PollutantUnitCodeFinding) { #expect(PollutantUnitCode(normalizing: text).findings == [finding]) }
}

@Suite("GB 11643 公民身份号码")
struct IDCardTests {
    @Test(arguments: ["11010519491231002X", "440524188001010014", "11010519491231002x"]) func isValid(_ text: String) { #expect(IDCard(normalizing: text).isValid) }

    @Test(arguments: [
        ("1101051949123100", IDCardFinding.length), ("11010519491231002Y", .character), ("1101051949123X002X", .character), ("110105194902310021", .birthday),
        ("110105194912310021", .checkCharacter), ("", .length),
    ])
    func invalid(_ text: String, _ finding: IDCardFinding) { #expect(IDCard(normalizing: text).findings(on: nil) == [finding]) }

    @Test func parts() throws {
        let card = IDCard(normalizing: "11010519491231002X")
        #expect(card.born?.text == "1949-12-31")
        #expect(card.isMale == false)
        #expect(card.regionCode == "110105")
        #expect(card.findings(on: Day(number: 19_491_230)) == [.birthday])
    }
}

@Suite("电话号码")
struct PhoneTests {
    @Test(arguments: ["13800001234", "19912345678", "0311-86012345", "010-12345678", "0311-8601234-801", "031186012345", "4008001234", "400-800-1234", "１３８００００１２３４"])
    func valid(_ text: String) { #expect(Phone(normalizing: text).isValid) }

    @Test(arguments: ["", "1380000123", "12800001234", "138000012345", "86012345", "0311-", "abc", "031-1-1-1", "-"])
    func invalid(_ text: String) { #expect(!Phone(normalizing: text).isValid) }
}
