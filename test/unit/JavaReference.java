/*
 * JavaReference.java
 *		Writes java.txt: what Java makes of numbers, strings and hash maps.
 *
 * Run by hand, on Java 19 or later (before it, some numbers have more digits):
 *
 *		javac -d /tmp JavaReference.java
 *		java --add-opens java.base/java.util=ALL-UNNAMED -cp /tmp JavaReference > java.txt
 *
 * Lines are "d BITS TEXT" and "f BITS TEXT" (Double and Float.toString),
 * "h HASH UTF-8" (String.hashCode, the text as hexadecimal digits) and
 * "m KEY... > INDEX..." (the order in which a HashMap iterates, unless it has
 * made a tree of a list: that order json/java.c leaves alone).
 */
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;

public class JavaReference
{
	private static final Random random = new Random(1);

	public static void main(String[] args) throws ReflectiveOperationException
	{
		doubles();
		floats();
		hashes();
		maps();
	}

	private static void print(double value)
	{
		System.out.printf("d %016x %s%n", Double.doubleToRawLongBits(value), value);
	}

	private static void print(float value)
	{
		System.out.printf("f %08x %s%n", Float.floatToRawIntBits(value), value);
	}

	private static void around(double value)
	{
		print(Math.nextDown(value));
		print(value);
		print(Math.nextUp(value));
	}

	private static void around(float value)
	{
		print(Math.nextDown(value));
		print(value);
		print(Math.nextUp(value));
	}

	private static void doubles()
	{
		double[] special = {0.0, -0.0, 1, -1, 0.1, 100, 123456.789, 1234567890.5, 0.3, 2.0E-3, 1e23, 2e23, 8.41e21, 9007199254740993.0,
			5e-324, 1e-323, Double.MAX_VALUE, -Double.MAX_VALUE, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
		for (double value : special) {
			print(value);
		}
		around(1e-3);
		around(1e7);
		around(Double.MIN_NORMAL);
		for (int i = 1; i <= 130; i++) {
			print(i * Double.MIN_VALUE);
		}
		for (int e = -323; e <= 308; e += e > 14 && e < 45 ? 1 : 6) {
			around(Double.parseDouble("1e" + e));
		}
		for (int e = -1074; e <= 1023; e += e > 48 && e < 70 ? 1 : 23) {
			around(Math.scalb(1.0, e));
		}
		/* few digits and many zeros: halfway decimals are among these */
		for (int i = 0; i < 300; i++) {
			print(Double.parseDouble((random.nextLong() & Long.MAX_VALUE) % (long) Math.pow(10, 1 + i % 17) + "e" + random.nextInt(25)));
		}
		for (int i = 0; i < 200; i++) {
			print(Double.longBitsToDouble(random.nextLong()));
		}
		for (int i = 0; i < 100; i++) {
			print(random.nextInt(2000000000) / 100.0);
		}
	}

	private static void floats()
	{
		float[] special = {0.0f, -0.0f, 1, -1, 0.1f, 100, 1234567890.5f, 1.17549435e-38f, 1e23f, 16777216f, 33554432f, 8.5899346E9f,
			Float.MAX_VALUE, -Float.MAX_VALUE, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
		for (float value : special) {
			print(value);
		}
		around(1e-3f);
		around(1e7f);
		around(Float.MIN_NORMAL);
		for (int i = 1; i <= 130; i++) {
			print(i * Float.MIN_VALUE);
		}
		for (int e = -45; e <= 38; e++) {
			around(Float.parseFloat("1e" + e));
		}
		for (int e = -149; e <= 127; e += e > 20 && e < 70 ? 1 : 7) {
			around(Math.scalb(1.0f, e));
		}
		for (int i = 0; i < 300; i++) {
			print(Float.parseFloat(random.nextInt((int) Math.pow(10, 1 + i % 8)) + "e" + random.nextInt(12)));
		}
		for (int i = 0; i < 200; i++) {
			print(Float.intBitsToFloat(random.nextInt()));
		}
	}

	private static void hashes()
	{
		String[] texts = {"", "a", "key1", "public.orders", "AaAaAa", "BBBBBB", "Z\u00fcrich", "\u20ac", "\u4e2d\u6587",
			"\ud83d\ude00", "x\ud83d\ude00y", "\uffff", "\u0000", "polygenelubricants", "The quick brown fox jumps over the lazy dog"};
		for (String text : texts) {
			System.out.printf("h %08x %s%n", text.hashCode(), HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8)));
		}
	}

	private static boolean hasTree(Map<String, Integer> map) throws ReflectiveOperationException
	{
		Field field = HashMap.class.getDeclaredField("table");
		field.setAccessible(true);
		Object[] table = (Object[]) field.get(map);
		return table != null
			&& Arrays.stream(table).anyMatch(node -> node != null && node.getClass().getSimpleName().equals("TreeNode"));
	}

	private static void map(List<String> keys) throws ReflectiveOperationException
	{
		Map<String, Integer> map = new HashMap<>();
		for (String key : keys) {
			map.putIfAbsent(key, map.size());
		}
		if (hasTree(map)) {
			return;
		}
		StringBuilder line = new StringBuilder("m");
		keys.stream().distinct().forEach(key -> line.append(' ').append(key));
		line.append(" >");
		map.values().forEach(index -> line.append(' ').append(index));
		System.out.println(line);
	}

	/* Keys that all have the same hash: every "Aa" may as well be "BB". */
	private static String colliding(int bits)
	{
		StringBuilder key = new StringBuilder();
		for (int i = 0; i < 5; i++) {
			key.append((bits >> i & 1) == 0 ? "Aa" : "BB");
		}
		return key.toString();
	}

	private static void maps() throws ReflectiveOperationException
	{
		for (int n = 0; n <= 60; n++) {
			List<String> numbered = new ArrayList<>();
			List<String> any = new ArrayList<>();
			for (int i = 0; i < n; i++) {
				numbered.add("key" + (i + 1));
				any.add(Integer.toString(random.nextInt(1 << random.nextInt(1, 31)), 36));
			}
			map(numbered);
			map(any);
		}
		/* a ninth key in a list doubles a small table */
		for (int n = 7; n <= 10; n++) {
			for (int others = 0; others <= 12; others += 2) {
				List<String> keys = new ArrayList<>();
				for (int i = 0; i < others; i++) {
					keys.add("public.t" + i);
				}
				for (int i = 0; i < n; i++) {
					keys.add(random.nextInt(keys.size() + 1), colliding(i));
				}
				map(keys);
			}
		}
		/* different hashes, but the same bucket until the table has more than 32 */
		for (int n = 7; n <= 30; n++) {
			List<String> keys = new ArrayList<>();
			for (int i = 0; keys.size() < n; i++) {
				String key = "c" + i;
				int hash = key.hashCode() ^ key.hashCode() >>> 16;
				if ((hash & 15) == 3 && (n % 2 == 0 || (hash & 31) == 3)) {
					keys.add(key);
				}
			}
			map(keys);
		}
		for (int n : new int[] {96, 97, 200, 257, 400, 1000}) {
			List<String> keys = new ArrayList<>();
			for (int i = 0; i < n; i++) {
				keys.add("r" + random.nextInt(1000000));
			}
			map(keys);
		}
	}
}
