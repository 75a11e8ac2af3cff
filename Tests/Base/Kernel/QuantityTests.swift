import Kernel
import Testing

@Suite("量与单位")
struct QuantityTests {
    @Test(arguments: [(12.34, "12.34 吨"), (12, "12 吨"), (0, "0 吨"), (0.0004, "0 吨"), (-0.0001, "0 吨"), (100, "100 吨"), (.nan, "- 吨"), (31.0006, "31.001 吨")])
    func tonnes(_ value: Double, _ text: String) { #expect(Tonnes(value).text == text) }

    @Test func kilograms() {
        #expect(Kilograms(Tonnes(31.2345))?.value == 31235)
        #expect(Tonnes(Kilograms(40_000)).value == 40)
        #expect(Kilograms(Tonnes(.infinity)) == nil)
        #expect(Kilograms(800).text == "800 kg")
    }

    @Test(arguments: [(1.0, "100%"), (0.9999, "99.9%"), (0.953, "95.3%"), (0.5, "50%"), (0, "0%")])
    func percents(_ value: Double, _ text: String) { #expect(Ratio(value)?.percent == text) }

    @Test func sharesOfNothingAreNone() {
        #expect(Ratio(1, of: 0) == nil && Ratio(3, of: 2) == nil && Ratio(-1, of: 2) == nil && Ratio(1.01) == nil && Ratio(.nan) == nil)
        #expect(Ratio(1, of: 2)?.value == 0.5)
    }
}

@Suite("脱敏")
struct MaskingTests {
    @Test(arguments: [("13800001234", "138****1234"), ("0311-86012123", "0311-*****123"), ("86012345", "****2345"), ("123", "***"), ("", ""), ("0311-", "0311-")])
    func phones(_ text: String, _ masked: String) { #expect(Masking.phone(text) == masked) }

    @Test(arguments: [("11010519491231002X", "110105********002X"), ("123", "***")])
    func idCards(_ text: String, _ masked: String) { #expect(Masking.idCard(text) == masked) }

    @Test(arguments: [("张三", "张*"), ("欧阳修", "欧*修"), ("欧阳修文", "欧**文"), ("张", "*"), ("", "")])
    func names(_ text: String, _ masked: String) { #expect(Masking.name(text) == masked) }

    @Test(arguments: [("zhang@example.cn", "z***@example.cn"), ("zhang", "*****"), ("@x", "**")])
    func emails(_ text: String, _ masked: String) { #expect(Masking.email(text) == masked) }

    @Test(arguments: [("河北省石家庄市长安区中山路1号", "河北省石家庄市长安区****"), ("河北省辛集市某村", "河北省辛集市****"), ("石家庄市长安区", "石家庄市长安区"), ("某处", "**"), ("", "")])
    func addresses(_ text: String, _ masked: String) { #expect(Masking.address(text) == masked) }

    @Test func others() {
        #expect(Masking.vin("LGAG4DY37J8010131") == "LGAG4DY3*****0131")
        #expect(Masking.engineNo("A1B2C31234") == "****1234")
        #expect(Masking.licence("130000000012") == "13********12")
        #expect(Masking.publicPlate("冀A12345") == "冀A***45")
    }
}
