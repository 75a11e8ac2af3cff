import Kernel
import Testing

@Suite("GA 36 号牌")
struct PlateTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let text: String
        let layout: PlateLayout
        var color: PlateColor?
        var kind: PlateKind?
        var testDescription: String { text }
    }

    static let examples: [Example] = [
        Example(text: "冀A12345", layout: .ordinary, color: .blue, kind: .small), Example(text: "冀A12345", layout: .ordinary, color: .yellow, kind: .large),
        Example(text: "冀A12345", layout: .ordinary, color: .black, kind: .foreign), Example(text: "冀AD12345", layout: .smallNewEnergy, color: .green, kind: .smallNewEnergy),
        Example(text: "冀AFA2345", layout: .smallNewEnergy, color: .green, kind: .smallNewEnergy),
        Example(text: "冀B12345D", layout: .largeNewEnergy, color: .yellowGreen, kind: .largeNewEnergy), Example(text: "冀A1234挂", layout: .trailer, color: .yellow, kind: .trailer),
        Example(text: "冀A1234学", layout: .training, color: .yellow, kind: .training), Example(text: "粤Z1234港", layout: .hongKong, color: .black, kind: .hongKong),
        Example(text: "粤Z1234澳", layout: .macao, color: .black, kind: .macao), Example(text: "冀A1234警", layout: .police, color: .white, kind: .police),
        Example(text: "224578使", layout: .embassy, color: .black, kind: .embassy), Example(text: "使224578", layout: .embassy, color: .black, kind: .embassy),
        Example(text: "沪10123领", layout: .consulate, color: .black, kind: .consulate), Example(text: "沪A123领", layout: .consulate, color: .black, kind: .consulate),
        Example(text: "WJ冀12345", layout: .armedPolice, color: .white, kind: .armedPolice), Example(text: "VA12345", layout: .military, color: .white, kind: .military),
        Example(text: "冀A1234超", layout: .temporary, color: .yellow, kind: .temporary), Example(text: "冀0112345", layout: .tractor, color: .green, kind: .tractor),
        Example(text: "无牌", layout: .none, color: .other, kind: PlateKind.none), Example(text: "冀AZ9Y8X", layout: .ordinary, color: .blue, kind: .small),
    ]

    @Test(arguments: examples)
    func wellFormed(_ example: Example) {
        let plate = PlateNumber(normalizing: example.text)
        #expect(plate.layout == example.layout)
        #expect(PlateFinding.findings(plate, color: example.color).isEmpty)
        #expect(PlateKind(guessing: plate, color: example.color) == example.kind)
    }

    @Test(
        arguments: [
            ("", [PlateFinding.empty]), ("冀A123学", [.format]), ("冀I12345", [.forbiddenLetter]), ("冀AO2345", [.forbiddenLetter]), ("冀A123456", [.format]), ("冀A1234", [.format]),
            ("A123456", [.format]), ("鬼123456", [.province]), ("冀A1234567", [.length]), ("X", [.length]), ("冀A1234港", [.format]), ("冀112345", [.format]), ("鬼A12345", [.province]),
            ("冀A-1234", [.format]),
            ("冀AL12345", [.format]), ("冀B1234DD", [.format]), ("1234使使使", [.format]), ("O12345", [.forbiddenLetter, .province]),
        ] as [(String, [PlateFinding])])
    func malformed(_ text: String, _ findings: [PlateFinding]) { #expect(PlateFinding.findings(text: text, color: .blue) == findings) }

    @Test(arguments: [
        ("冀A12345", PlateColor.green), ("冀AD12345", .blue), ("冀AD12345", .yellowGreen), ("冀B12345D", .green), ("冀A1234挂", .blue), ("冀A1234警", .blue), ("224578使", .white),
        ("冀A12345", .white), ("冀A12345", .yellowGreen),
    ])
    func wrongColor(_ text: String, _ color: PlateColor) {
        #expect(PlateFinding.findings(text: text, color: color) == [.colorMismatch])
        #expect(PlateFinding.findings(text: text, color: nil).isEmpty)
        #expect(PlateFinding.findings(text: text, color: .other).isEmpty)
    }

    @Test(arguments: [
        ("冀ａ·１２３４５", "冀A12345"), (" 冀 a 123 45\n", "冀A12345"), ("冀A.12345", "冀A12345"), ("冀A•12345", "冀A12345"), ("冀A\u{3000}1234挂", "冀A1234挂"), ("冀A12345", "冀A12345"),
    ])
    func normalizes(_ text: String, _ expected: String) { #expect(PlateNumber(normalizing: text).text == expected) }

    @Test(arguments: [
        ("冀AD12345", true, true), ("冀AE12345", true, true), ("冀AF12345", true, false), ("冀AK12345", true, false), ("冀B12345A", true, true), ("冀B12345H", true, false),
        ("冀A12345", false, false), ("冀A1234567D", false, false), ("无牌", false, false),
    ])
    func energy(_ text: String, _ isNew: Bool, _ isPure: Bool) {
        let plate = PlateNumber(normalizing: text)
        #expect(plate.isNewEnergy == isNew)
        #expect(plate.isPureElectric == isPure)
    }

    @Test func provinces() {
        #expect(PlateNumber(normalizing: "冀A12345").province == "冀")
        #expect(PlateNumber(normalizing: "VA12345").province == nil)
        #expect(PlateNumber.none.isMissing)
    }

    @Test(arguments: PlateColor.allCases)
    func colorsComeBack(_ color: PlateColor) {
        #expect(PlateColor(transportCode: color.transportCode) == color)
        #expect(PlateColor(text: color.title) == color)
        #expect(PlateColor(text: color.plateTitle) == color)
        if color != .yellowGreen { #expect(PlateColor(policeCode: color.policeCode) == color) }
    }

    @Test(arguments: [(91, PlateColor.yellow), (92, .green), (93, .yellowGreen), (94, .green)])
    func transportColors(_ code: Int, _ color: PlateColor) { #expect(PlateColor(transportCode: code) == color) }

    @Test func strangeColorsAreRefused() {
        #expect(PlateColor(transportCode: 0) == nil)
        #expect(PlateColor(policeCode: 5) == nil)
        #expect(PlateColor(text: "紫") == nil)
        #expect(PlateColor(rawValue: "7") == nil)
    }

    @Test func everyKindHasATitle() { #expect(PlateKind.allCases.map(\.rawValue) == PlateKind.all.map(\.code)) }
}
