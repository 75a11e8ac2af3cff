import Kernel
import Storage

/// when something counts as unusual. Each is a row of `gate_setting`; one that is missing has the value here.
package struct AnalyticsThresholds: Sendable, Equatable {
    /// Times the median.
    package var surgeFactor = 2.0
    package var surgeTrips = 30.0
    /// 0...1 of a day's passes between 22:00 and 06:00.
    package var nightShare = 0.6
    package var nightTrips = 30.0
    /// 0...1 of the usual daily trips.
    package var warningShare = 0.95
    /// Usual daily trips below which a cut is not asked for (hj1321-gate.md §11: ten a day).
    package var warningTrips = 10.0
    /// Of 64, for the first of three looks; -1 compares nothing.
    package var lookalikeBits = 10.0
    package var lookalikeHours = 24.0

    package init() {}

    package struct Setting: Sendable {
        package let name: String
        package let title: String
        package let range: ClosedRange<Double>
        let path: any WritableKeyPath<AnalyticsThresholds, Double> & Sendable

        package func value(of thresholds: AnalyticsThresholds) -> Double { thresholds[keyPath: path] }
    }

    /// In the order of the settings page.
    package static let settings: [Setting] = [
        Setting(name: "surgeFactor", title: "流量突变：相对前 14 日中位数的倍数", range: 1.1...100, path: \.surgeFactor),
        Setting(name: "surgeTrips", title: "流量突变：当日最少车次", range: 1...100_000, path: \.surgeTrips),
        Setting(name: "nightShare", title: "夜间集中：22 时至 6 时占比（0～1）", range: 0.1...1, path: \.nightShare),
        Setting(name: "nightTrips", title: "夜间集中：当日最少车次", range: 1...100_000, path: \.nightTrips),
        Setting(name: "warningShare", title: "响应未减：相对平日日均的比例（0～1）", range: 0.1...2, path: \.warningShare),
        Setting(name: "warningTrips", title: "响应未减：平日最少日均车次", range: 0...100_000, path: \.warningTrips),
        Setting(name: "lookalikeBits", title: "照片相似：初筛指纹最多相差位数（共 64 位；-1 为不比对）", range: -1...16, path: \.lookalikeBits),
        Setting(name: "lookalikeHours", title: "照片相似：向前比对小时数", range: 1...168, path: \.lookalikeHours),
    ]

    init(in reader: any Reader) throws {
        var values: [String: String] = [:]
        try reader.each("SELECT name, value FROM gate_setting") { row in
            if let name = row[0].text, let value = row[1].text { values[name] = value }
            return true
        }
        _ = take(values)
    }

    /// Takes what is right and names what is not.
    mutating func take(_ values: [String: String]) -> [FieldFinding] {
        var findings: [FieldFinding] = []
        for setting in AnalyticsThresholds.settings {
            guard let text = values[setting.name] else { continue }
            if let value = Double(text), setting.range.contains(value) {
                self[keyPath: setting.path] = value
            } else {
                findings.append(
                    FieldFinding(
                        setting.name, "range", "应在 \(decimalText(setting.range.lowerBound, decimals: 2))～\(decimalText(setting.range.upperBound, decimals: 2)) 之间",
                        title: setting.title))
            }
        }
        return findings
    }
}
