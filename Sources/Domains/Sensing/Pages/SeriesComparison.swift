import Kernel
import Points
import Web

/// What is asked of series: `?point=` up to eight times, a span, a step, one figure a step, and what is compared, searched and foretold.
struct SeriesQuestion: Sendable {
    enum Figure: String, Sendable, CaseIterable {
        case mean, max, min, deviation, last, count

        var title: String {
            switch self {
            case .mean: "平均值"
            case .max: "最大值"
            case .min: "最小值"
            case .deviation: "标准差"
            case .last: "末值"
            case .count: "数据个数"
            }
        }

        func value(_ sums: PointSums) -> Double? {
            guard sums.count > 0 else { return nil }
            switch self {
            case .mean: return sums.mean
            case .max: return sums.high
            case .min: return sums.low
            case .deviation: return sums.deviation
            case .last: return sums.last?.value
            case .count: return Double(sums.count)
            }
        }
    }

    static let mostPoints = 8
    static let steps: [Int64] = [10, 30, 60, 300, 600, 1800, 3600, 21_600, 86_400]

    var points: [Int64]
    var span: TimeSpan
    /// Seconds.
    var step: Int64
    var figure: Figure
    var comparesBefore: Bool
    var detector: String?
    var forecaster: String?

    init(_ address: PageAddress, now: Moment) {
        var seen: Set<Int64> = []
        points = Array(address.all("point").compactMap { Int64($0) }.filter { seen.insert($0).inserted }.prefix(Self.mostPoints))
        span = TimeSpan(address, usual: "6h", now: now)
        let least = span.seconds / 1500
        let chosen = address["step"].flatMap { Int64($0) }
        // Steps begin where clocks show them, so that a reload moves nothing.
        step = min(max(chosen ?? PointDesk.step(span.seconds, most: 240), PointDesk.step(least, most: 1)), 400 * 86_400)
        let length = step * 1000
        span.from = Moment(milliseconds: span.from.milliseconds / length * length)
        figure = address["figure"].flatMap(Figure.init) ?? .mean
        comparesBefore = address["before"] == "1"
        detector = address["detector"]
        forecaster = address["forecaster"]
    }

    var slots: Int { Int((span.seconds / Double(step)).rounded(.up)) }
    func at(_ slot: Int) -> Moment { Moment(milliseconds: span.from.milliseconds + Int64(slot) * step * 1000) }
}

/// One point's part of the answer.
struct ComparedSeries: Sendable {
    var point: PointDefinition
    var values: [Double?]
    /// Of the same length just before; nil where nobody asked.
    var before: [Double?]?
    /// Of the whole span.
    var sums: PointSums
    var sumsBefore: PointSums?
    var anomalies: [SeriesAnomaly] = []
    var forecast: [ForecastStep] = []
}

/// D9.8.4 时序见解分析: series beside each other, what does not fit, what comes next.
struct SeriesComparison: Sendable {
    let question: SeriesQuestion
    var series: [ComparedSeries]

    /// Steps that are foretold, for a span of so many.
    static func foretold(_ slots: Int) -> Int { min(max(slots / 6, 6), 60) }

    init(_ question: SeriesQuestion, _ points: [PointDefinition], engine: PointEngine) async throws {
        self.question = question
        let ids = points.map(\.id), step = question.step * 1000
        let now = try await engine.aggregate(all: ids, from: question.span.from, to: Moment(milliseconds: question.span.to.milliseconds + 1), step: step)
        let length = question.span.to.milliseconds - question.span.from.milliseconds
        let start = Moment(milliseconds: question.span.from.milliseconds - (length + step - 1) / step * step)
        let before = question.comparesBefore ? try await engine.aggregate(all: ids, from: start, to: question.span.from, step: step) : [:]
        let detector = engine.algorithms.detector(question.detector), forecaster = engine.algorithms.forecaster(question.forecaster)
        series = points.map { point in
            let values = Self.values(now[point.id] ?? [], from: question.span.from, question)
            var one = ComparedSeries(point: point, values: values, before: nil, sums: Self.whole(now[point.id] ?? []))
            if question.comparesBefore {
                one.before = Self.values(before[point.id] ?? [], from: start, question)
                one.sumsBefore = Self.whole(before[point.id] ?? [])
            }
            let steps = StepSeries(step: Double(question.step), values: values)
            one.anomalies = detector?.anomalies(in: steps) ?? []
            one.forecast = forecaster?.forecast(steps, steps: Self.foretold(question.slots)) ?? []
            return one
        }
    }

    private static func values(_ buckets: [PointBucket], from: Moment, _ question: SeriesQuestion) -> [Double?] {
        var values = [Double?](repeating: nil, count: max(1, question.slots))
        for bucket in buckets {
            let index = Int((bucket.at.milliseconds - from.milliseconds) / (question.step * 1000))
            if values.indices.contains(index) { values[index] = question.figure.value(bucket.sums) }
        }
        return values
    }

    private static func whole(_ buckets: [PointBucket]) -> PointSums {
        var sums = PointSums()
        for bucket in buckets { sums.add(bucket.sums) }
        return sums
    }

    // MARK: As a picture

    private var isFuture: Bool { series.contains { !$0.forecast.isEmpty } }
    var labels: [String] {
        let slots = (series.first?.values.count ?? 0) + (isFuture ? Self.foretold(question.slots) : 0)
        return (0..<slots).map { PointDesk.label(question.at($0), span: question.span.seconds) }
    }

    /// Of the points shown, in their order.
    var units: [String] { series.map(\.point.unit).reduce(into: []) { if !$0.contains($1) { $0.append($1) } } }

    /// What was measured in different units has different axes: a chart a unit; with nil everything on one.
    func chart(unit: String? = nil) -> Chart {
        let total = labels.count
        var lines: [ChartSeries] = []
        for one in series where unit == nil || one.point.unit == unit {
            let title = "\(one.point.code) \(one.point.name)"
            let round = { (value: Double?) in value.map { PointFigure.rounded($0, places: one.point.places + 1) } }
            let padded = { (values: [Double?]) in values.map(round) + [Double?](repeating: nil, count: max(0, total - values.count)) }
            lines.append(ChartSeries(title, padded(one.values)))
            if let before = one.before { lines.append(ChartSeries("\(one.point.code)（上一时段）", padded(before), tone: .muted)) }
            if !one.anomalies.isEmpty {
                var marks = [Double?](repeating: nil, count: total)
                for anomaly in one.anomalies { marks[anomaly.index] = round(anomaly.value) }
                lines.append(ChartSeries("\(one.point.code) 异常", marks, tone: .red))
            }
            if !one.forecast.isEmpty {
                let lead = [Double?](repeating: nil, count: one.values.count)
                lines.append(ChartSeries("\(one.point.code) 预测", lead + one.forecast.map { round($0.value) }, tone: .yellow))
                lines.append(ChartSeries("\(one.point.code) 预测上限", lead + one.forecast.map { round($0.high) }, tone: .muted))
                lines.append(ChartSeries("\(one.point.code) 预测下限", lead + one.forecast.map { round($0.low) }, tone: .muted))
            }
        }
        return Chart(.line, "时序对比", categories: labels, series: lines, unit: unit ?? "", height: .large)
    }
}
