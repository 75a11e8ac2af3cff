import Kernel
import Points
import Testing

private let noon = Moment(parsing: "2026-11-22 12:00:00") ?? Moment(milliseconds: 0)

@Suite("D9.8.4 时序数据块")
struct PointBlockTests {
    /// Series of every shape, drawn from a seed so that a failing one can be found again.
    static func series(_ seed: UInt64) -> [PointSample] {
        var random = SplitMix64(seed: seed)
        let count = Int(random.next() % 1200), places = Int(random.next() % 8), isRegular = random.next() % 2 == 0, hasQualities = random.next() % 3 == 0
        var at = noon.milliseconds - Int64(random.next() % 1_000_000_000), value = Double(Int64(bitPattern: random.next()) % 1000)
        let scale = [1.0, 10, 100, 1000, 10_000, 100_000, 1_000_000, 0][places]
        return (0..<count).map { _ in
            at += isRegular ? 5000 : Int64(random.next() % 20_000) + 1
            value += Double(Int64(random.next() % 2001) - 1000) / 100
            let shown = scale == 0 ? value * 1.000_000_1 / 3 : (value * scale).rounded() / scale
            return PointSample(Moment(milliseconds: at), shown, hasQualities && random.next() % 9 == 0 ? .bad : .good)
        }
    }

    @Test(arguments: 0..<150)
    func `what is packed comes back to the last bit`(_ seed: UInt64) throws {
        let samples = Self.series(seed)
        #expect(try PointBlock.decode(PointBlock.encode(samples)) == samples)
    }

    static let edges: [(name: String, values: [Double])] = [
        ("零与负零", [0, -0.0, 0]), ("极大极小", [1e300, -1e300, .leastNonzeroMagnitude, .greatestFiniteMagnitude]), ("恒值", Array(repeating: 21.5, count: 500)), ("一个", [3.14]), ("没有", []),
        ("大数", [4_000_000_000_000_000, 1, -4_000_000_000_000_000]), ("三分之一", [1.0 / 3, 2.0 / 3, 1.0 / 3]), ("小数位增加", [1, 1.5, 1.25, 1.125, 1.0625]),
    ]

    @Test(arguments: edges)
    func `numbers at the edges`(_ edge: (name: String, values: [Double])) throws {
        let samples = edge.values.enumerated().map { PointSample(noon.adding(seconds: Int64($0.offset)), $0.element) }
        #expect(try PointBlock.decode(PointBlock.encode(samples)) == samples)
    }

    @Test func `instruments' series need less than a byte a value`() {
        var random = SplitMix64(seed: 7)
        let samples = (0..<1024).map { step -> PointSample in
            let noise = Double(Int64(random.next() % 9) - 4) / 10
            return PointSample(noon.adding(seconds: Int64(step)), ((20 + noise) * 10).rounded() / 10)
        }
        #expect(PointBlock.encode(samples).count < 1024)
    }

    @Test func `what is no block is refused, never trusted`() {
        let whole = PointBlock.encode(Self.series(3))
        for cut in stride(from: 0, to: whole.count - 1, by: 7) { #expect(throws: Failure.self) { try PointBlock.decode(Array(whole[..<cut])) } }
        var random = SplitMix64(seed: 9)
        for _ in 0..<300 {
            let noise = [1] + (0..<Int(random.next() % 60)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            _ = try? PointBlock.decode(noise)
        }
    }

    @Test(arguments: 0..<30)
    func `a door leaves nothing further from the line than it may`(_ seed: UInt64) {
        let samples = Self.series(seed).filter { $0.quality == .good }, deviation = 1.5
        let kept = SwingingDoor.thin(samples, deviation: deviation)
        guard samples.count > 2 else { return }
        #expect(kept.first == samples.first && kept.last == samples.last && kept.count <= samples.count)
        var at = 0
        for sample in samples {
            while at + 1 < kept.count, kept[at + 1].at <= sample.at { at += 1 }
            guard at + 1 < kept.count else { continue }
            let share = sample.at.seconds(since: kept[at].at) / kept[at + 1].at.seconds(since: kept[at].at)
            let line = kept[at].value + (kept[at + 1].value - kept[at].value) * share
            #expect(abs(line - sample.value) <= deviation + 1e-6)
        }
    }
}
