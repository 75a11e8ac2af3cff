import Foundation
import Kernel
import Web

/// A chart as a drawing of its own (SVG), for documents in which nothing runs: bars, lines, slices, with a scale and a legend.
struct ChartPicture {
    static let width = 680.0
    static let height = 320.0
    private static let colours = ["#2f6fbf", "#e08a1e", "#3a9b5c", "#b8423c", "#7a5bb5", "#2aa6b1", "#c9a227", "#7d8a97"]

    let chart: Chart

    var drawing: String {
        let kind = chart.kind
        var body = ""
        switch kind {
        case .pie, .ring: body = slices(kind == .ring)
        case .horizontalBar: body = rows
        case .radar: body = web
        default: body = columns
        }
        let title = text(ChartPicture.width / 2, 22, chart.title, anchor: "middle", size: 15, isBold: true)
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(Int(ChartPicture.width))" height="\(Int(ChartPicture.height))" viewBox="0 0 \(Int(ChartPicture.width)) \(Int(ChartPicture.height))" \
            font-family="Noto Sans CJK SC, SimSun, sans-serif"><rect width="100%" height="100%" fill="#fff"/>\(title)\(body)\(legend)</svg>
            """
    }

    // MARK: Pieces

    private func text(_ x: Double, _ y: Double, _ words: String, anchor: String = "start", size: Int = 11, isBold: Bool = false) -> String {
        "<text x=\"\(spelled(x))\" y=\"\(spelled(y))\" text-anchor=\"\(anchor)\" font-size=\"\(size)\" fill=\"#333\"\(isBold ? " font-weight=\"bold\"" : "")>\(Markup(text: words).html)</text>"
    }

    private func box(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ colour: String) -> String {
        "<rect x=\"\(spelled(x))\" y=\"\(spelled(y))\" width=\"\(spelled(max(0, width)))\" height=\"\(spelled(max(0, height)))\" fill=\"\(colour)\"/>"
    }

    private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String = "#d5dbe1") -> String {
        "<line x1=\"\(spelled(x1))\" y1=\"\(spelled(y1))\" x2=\"\(spelled(x2))\" y2=\"\(spelled(y2))\" stroke=\"\(colour)\"/>"
    }

    private func spelled(_ number: Double) -> String { String(format: "%.1f", number) }
    private func colour(_ index: Int) -> String { ChartPicture.colours[index % ChartPicture.colours.count] }

    private var legend: String {
        let names = chart.kind == .pie || chart.kind == .ring ? chart.categories : chart.series.map(\.name)
        guard names.count > 1 else { return "" }
        var out = ""
        var x = 40.0
        for (index, name) in names.prefix(12).enumerated() {
            let width = 26 + Double(name.reduce(0) { $0 + ($1.isASCII ? 6 : 11) })
            if x + width > ChartPicture.width - 20 { break }
            out += box(x, ChartPicture.height - 18, 10, 10, colour(index)) + text(x + 14, ChartPicture.height - 9, name)
            x += width
        }
        return out
    }

    /// The least and greatest figure of the scale and its step: 1, 2 or 5 times a power of ten.
    static func scale(_ values: [Double]) -> (low: Double, high: Double, step: Double) {
        let finite = values.filter(\.isFinite)
        let high = max(finite.max() ?? 1, 0)
        let low = min(finite.min() ?? 0, 0)
        let span = max(high - low, 1e-9)
        let power = pow(10, floor(log10(span / 5)))
        let step = [1, 2, 5, 10].map { $0 * power }.first { span / $0 <= 5.0001 } ?? power * 10
        return (floor(low / step) * step, max(ceil(high / step) * step, step), step)
    }

    private var isStacked: Bool { chart.kind == .stackedBar }

    private var scaled: (low: Double, high: Double, step: Double) {
        if isStacked { return ChartPicture.scale(chart.categories.indices.map { index in chart.series.reduce(0) { $0 + max(0, value($1, index)) } }) }
        return ChartPicture.scale(chart.series.flatMap { $0.values.compactMap { $0 } })
    }

    private func value(_ series: ChartSeries, _ index: Int) -> Double { index < series.values.count ? series.values[index] ?? 0 : 0 }

    private func short(_ words: String, _ most: Int) -> String { words.count > most ? words.prefix(most - 1) + "…" : words }

    // MARK: Kinds

    /// Whole steps from the lower end, so that no figure ends in 000001.
    private func ticks(_ low: Double, _ high: Double, _ step: Double) -> [(value: Double, words: String)] {
        let digits = max(0, min(6, Int((-log10(step)).rounded(.up))))
        return (0...min(60, Int(((high - low) / step).rounded()))).map { index in
            let value = low + Double(index) * step
            return (value, String(format: "%.\(digits)f", value) + (chart.unit == "%" ? "%" : ""))
        }
    }

    private var columns: String {
        let (low, high, step) = scaled
        let (left, right, top, bottom) = (64.0, ChartPicture.width - 20, 40.0, ChartPicture.height - 52)
        func y(_ value: Double) -> Double { bottom - (value - low) / (high - low) * (bottom - top) }
        var out = ""
        for tick in ticks(low, high, step) { out += line(left, y(tick.value), right, y(tick.value)) + text(left - 6, y(tick.value) + 4, tick.words, anchor: "end") }
        let slot = (right - left) / Double(max(chart.categories.count, 1))
        let every = max(1, Int((44 / max(slot, 1)).rounded(.up)))
        for (index, category) in chart.categories.enumerated() where index % every == 0 {
            out += text(left + slot * (Double(index) + 0.5), bottom + 16, short(category, max(4, Int(slot * Double(every) / 11))), anchor: "middle")
        }
        switch chart.kind {
        case .line, .area:
            for (number, series) in chart.series.enumerated() {
                let points = series.values.enumerated().compactMap { index, value in value.map { (left + slot * (Double(index) + 0.5), y($0)) } }
                let list = points.map { "\(spelled($0.0)),\(spelled($0.1))" }.joined(separator: " ")
                if chart.kind == .area, let first = points.first, let last = points.last {
                    out += "<polygon points=\"\(spelled(first.0)),\(spelled(y(0))) \(list) \(spelled(last.0)),\(spelled(y(0)))\" fill=\"\(colour(number))\" fill-opacity=\"0.25\"/>"
                }
                out += "<polyline points=\"\(list)\" fill=\"none\" stroke=\"\(colour(number))\" stroke-width=\"2\"/>"
                if points.count <= 40 { out += points.map { "<circle cx=\"\(spelled($0.0))\" cy=\"\(spelled($0.1))\" r=\"3\" fill=\"\(colour(number))\"/>" }.joined() }
            }
        default:
            let width = slot * 0.7 / Double(isStacked ? 1 : max(chart.series.count, 1))
            for index in chart.categories.indices {
                var base = 0.0
                for (number, series) in chart.series.enumerated() {
                    let figure = value(series, index)
                    let x = left + slot * Double(index) + slot * 0.15 + (isStacked ? 0 : width * Double(number))
                    let from = isStacked ? base : 0
                    out += box(x, min(y(from + figure), y(from)), width * 0.94, abs(y(from) - y(from + figure)), colour(number))
                    base += max(0, figure)
                }
            }
        }
        return out + line(left, y(0), right, y(0), "#8a949e")
    }

    private var rows: String {
        let (low, high, step) = scaled
        let (left, right, top, bottom) = (130.0, ChartPicture.width - 30, 40.0, ChartPicture.height - 46)
        func x(_ value: Double) -> Double { left + (value - low) / (high - low) * (right - left) }
        var out = ""
        for tick in ticks(low, high, step) { out += line(x(tick.value), top, x(tick.value), bottom) + text(x(tick.value), bottom + 15, tick.words, anchor: "middle") }
        let slot = (bottom - top) / Double(max(chart.categories.count, 1))
        let every = max(1, Int((13 / max(slot, 1)).rounded(.up)))
        let height = slot * 0.7 / Double(max(chart.series.count, 1))
        for (index, category) in chart.categories.enumerated() {
            let start = top + slot * Double(index)
            if index % every == 0 { out += text(left - 6, start + slot / 2 + 4, short(category, 10), anchor: "end") }
            for (number, series) in chart.series.enumerated() {
                let figure = value(series, index)
                out += box(min(x(0), x(figure)), start + slot * 0.15 + height * Double(number), abs(x(figure) - x(0)), height * 0.92, colour(number))
            }
        }
        return out + line(x(0), top, x(0), bottom, "#8a949e")
    }

    private func slices(_ isRing: Bool) -> String {
        let values = chart.categories.indices.map { max(0, value(chart.series[0], $0)) }
        let total = values.reduce(0, +)
        guard total > 0 else { return text(ChartPicture.width / 2, ChartPicture.height / 2, "合计为零", anchor: "middle") }
        let (cx, cy, radius) = (ChartPicture.width / 2, 160.0, 105.0)
        func point(_ share: Double, _ radius: Double) -> (Double, Double) { (cx + radius * sin(share * 2 * .pi), cy - radius * cos(share * 2 * .pi)) }
        var out = ""
        var share = 0.0
        for (index, figure) in values.enumerated() where figure > 0 {
            let next = share + figure / total
            // A whole round has no two ends an arc could join.
            let end = min(next, share + 0.99999)
            let (from, to) = (point(share, radius), point(end, radius))
            out += """
                <path d="M \(spelled(cx)) \(spelled(cy)) L \(spelled(from.0)) \(spelled(from.1)) A \(spelled(radius)) \(spelled(radius)) 0 \(end - share > 0.5 ? 1 : 0) 1 \(spelled(to.0)) \(spelled(to.1)) Z" \
                fill="\(colour(index))" stroke="#fff"/>
                """
            if figure / total >= 0.03 {
                let middle = point((share + next) / 2, radius + 16)
                let anchor = middle.0 < cx - 8 ? "end" : middle.0 > cx + 8 ? "start" : "middle"
                out += text(middle.0, middle.1 + 4, "\(short(chart.categories[index], 8)) \(Figure.percent(figure / total))", anchor: anchor)
            }
            share = next
        }
        return isRing ? out + "<circle cx=\"\(spelled(cx))\" cy=\"\(spelled(cy))\" r=\"\(spelled(radius * 0.55))\" fill=\"#fff\"/>" : out
    }

    private var web: String {
        let high = scaled.high
        let (cx, cy, radius) = (ChartPicture.width / 2, 165.0, 105.0)
        let count = max(chart.categories.count, 3)
        func point(_ index: Int, _ share: Double) -> (Double, Double) {
            let angle = Double(index) / Double(count) * 2 * .pi
            return (cx + radius * share * sin(angle), cy - radius * share * cos(angle))
        }
        func outline(_ shares: [Double]) -> String {
            shares.enumerated().map { index, share in "\(spelled(point(index, share).0)),\(spelled(point(index, share).1))" }.joined(separator: " ")
        }
        var out = [0.25, 0.5, 0.75, 1].map { "<polygon points=\"\(outline(Array(repeating: $0, count: count)))\" fill=\"none\" stroke=\"#d5dbe1\"/>" }.joined()
        for (index, category) in chart.categories.enumerated() {
            let end = point(index, 1.12)
            out +=
                line(cx, cy, point(index, 1).0, point(index, 1).1)
                + text(end.0, end.1 + 4, short(category, 8), anchor: end.0 < cx - 8 ? "end" : end.0 > cx + 8 ? "start" : "middle")
        }
        for (number, series) in chart.series.enumerated() {
            let shares = (0..<count).map { high > 0 ? max(0, value(series, $0)) / high : 0 }
            out += "<polygon points=\"\(outline(shares))\" fill=\"\(colour(number))\" fill-opacity=\"0.15\" stroke=\"\(colour(number))\" stroke-width=\"2\"/>"
        }
        return out
    }
}
